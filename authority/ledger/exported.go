package ledger

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// An ExportReport is what is to be said about lines that were written out.
type ExportReport struct {
	Lines  int             // all of them
	Passed int             // those that could not be compared, because the log cannot be read there
	Found  []audit.Finding // what does not fit, in the order of the lines
}

// ExamineExport compares lines of JSON, as they were written out, with the
// log. They may begin anywhere, end before the log does, and come twice.
func ExamineExport(ctx context.Context, r store.Reader, keys *keyring.Keys, lines io.Reader) (ExportReport, error) {
	x := &exportExaminer{l: New(rows.New(keys)), r: r, left: rows.LeftOut(r)}
	in := bufio.NewReader(lines)
	for ctx.Err() == nil {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return x.report(), err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			x.next(line)
		}
		if err != nil {
			return x.report(), nil
		}
	}
	return x.report(), ctx.Err()
}

type exportExaminer struct {
	l      Ledger
	r      store.Reader
	left   []rows.Segment // that r leaves out
	line   int
	passed int
	last   rows.Exported // the place of the line before
	found  []audit.Finding

	change  audit.Entry       // the last entry that was read
	told    audit.Tightened   // what it tells of a tightening
	effects map[uint64]effect // some of what it did, by its number
}

type effect = audit.Effect

func (x *exportExaminer) report() ExportReport { return ExportReport{x.line, x.passed, x.found} }

// unknown reports whether the log cannot be asked for a line. Who a token was that a change touched
// is told by all entries about it before.
func (x *exportExaminer) unknown(at rows.Exported) bool {
	return slices.ContainsFunc(x.left, func(s rows.Segment) bool { return s.Has(at.Seq) || at.Effects > 0 && s.Last < at.Seq })
}

func (x *exportExaminer) find(first, last uint64, format string, args ...any) {
	x.found = append(x.found, audit.Finding{First: first, Last: last, Why: fmt.Sprintf(format, args...)})
}

// next compares one line.
func (x *exportExaminer) next(line []byte) {
	x.line++
	var head struct{ ID, Effect uint64 }
	if err := json.Unmarshal(line, &head); err != nil || head.ID == 0 {
		x.find(0, 0, "line %d of the export is no entry", x.line)
		return
	}
	at := rows.Exported{Seq: head.ID, Effects: head.Effect}
	x.follows(at)
	if x.unknown(at) {
		x.passed++
		return
	}
	e, ok, err := x.entry(head.ID, head.Effect)
	switch {
	case err != nil:
		x.find(head.ID, head.ID, "%s", sentence(err))
	case !ok:
		x.find(head.ID, head.ID, "it is in the export, line %d, and missing in the log", x.line)
	case !sameObject(line, e):
		x.find(head.ID, head.ID, "line %d of the export says something else than the log", x.line)
	}
}

// follows finds what was left out before a line. Lines may come again.
func (x *exportExaminer) follows(at rows.Exported) {
	last := x.last
	if last.Seq == 0 || last.Seq > at.Seq || last.Seq == at.Seq && last.Effects >= at.Effects {
		x.last = cmp.Or(last, at)
		return
	}
	left := uint64(0) // effects of the entry that the line before is of
	if _, ok, err := x.entry(last.Seq, 0); ok && err == nil {
		left = x.told.Count() - min(last.Effects, x.told.Count())
	}
	switch {
	case at.Seq == last.Seq:
		left = at.Effects - last.Effects - 1
	case at.Seq > last.Seq+1:
		x.find(last.Seq+1, at.Seq-1, "the export leaves it out; line %d goes on with entry %d", x.line, at.Seq)
	}
	if left > 0 {
		x.find(last.Seq, last.Seq, "the export leaves out %d of the tokens that it touched; line %d goes on behind them", left, x.line)
	}
	if at.Seq > last.Seq && at.Effects > 0 {
		x.find(at.Seq, at.Seq, "the export leaves it out; line %d goes on with what it did", x.line)
	}
	if at.Seq > last.Seq && at.Effects > 1 {
		x.find(at.Seq, at.Seq, "the export leaves out %d of the tokens that it touched; line %d goes on behind them", at.Effects-1, x.line)
	}
	x.last = at
}

// entry returns the entry of the log that a line should be.
func (x *exportExaminer) entry(seq, n uint64) (e audit.Entry, ok bool, err error) {
	if x.change.Seq != seq {
		if e, ok, err = x.l.rows.Entries.Get(x.r, rows.SeqKey(seq)); err != nil || !ok {
			return e, ok, err
		}
		x.change, x.effects = e, nil
		x.told, _ = audit.TightenedOf(e)
	}
	if n == 0 {
		return x.change, true, nil
	}
	if _, known := x.effects[n]; !known {
		if err := x.readEffects(n); err != nil {
			return e, false, err
		}
	}
	f, ok := x.effects[n]
	if !ok {
		return e, false, nil
	}
	e, err = x.l.expand(x.r, x.change, x.told, n, f)
	return e, err == nil, err
}

// readEffects reads the piece with effect n of the change, so that the lines behind it need not.
func (x *exportExaminer) readEffects(n uint64) error {
	x.effects = map[uint64]effect{}
	return x.l.rows.EachPiece(x.r, x.change.Seq, func(p audit.Piece) error {
		first, effects, err := audit.OpenPiece(p.Packed)
		if err != nil || n < first || n >= first+uint64(len(effects)) {
			return err
		}
		for i, f := range effects {
			x.effects[first+uint64(i)] = f
		}
		return store.Stop
	})
}

// sameObject reports whether line is e, whatever wrote the line last.
func sameObject(line []byte, e audit.Entry) bool {
	want, err := json.Marshal(e)
	if err != nil || bytes.Equal(bytes.TrimSpace(line), want) {
		return err == nil
	}
	var a, b any
	return json.Unmarshal(line, &a) == nil && json.Unmarshal(want, &b) == nil && reflect.DeepEqual(a, b)
}

// Export writes the entries from a number on as lines of JSON, as the audit sink gets them, each
// followed by what it did to each token, and returns how many lines.
func Export(ctx context.Context, r store.Reader, keys *keyring.Keys, from uint64, w io.Writer) (n int, err error) {
	out := json.NewEncoder(w)
	behind := rows.Exported{Seq: max(from, 1) - 1, Effects: math.MaxUint64}
	err = New(rows.New(keys)).Lines(r, behind, func(e audit.Entry) error {
		n++
		return cmp.Or(ctx.Err(), out.Encode(e))
	})
	return n, err
}
