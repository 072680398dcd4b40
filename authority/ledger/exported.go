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
	"reflect"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// ExamineExport compares lines of JSON, as they were written out, with the
// log. They may begin anywhere, end before the log does, and come twice.
func ExamineExport(ctx context.Context, r store.Reader, keys *keyring.Keys, lines io.Reader) (n int, found []audit.Finding, err error) {
	x := &exportExaminer{l: New(rows.New(keys)), r: r}
	in := bufio.NewReader(lines)
	for ctx.Err() == nil {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return x.line, x.found, err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			x.next(line)
		}
		if err != nil {
			return x.line, x.found, nil
		}
	}
	return x.line, x.found, ctx.Err()
}

type exportExaminer struct {
	l     Ledger
	r     store.Reader
	line  int
	last  uint64
	found []audit.Finding
}

func (x *exportExaminer) find(first, last uint64, format string, args ...any) {
	x.found = append(x.found, audit.Finding{First: first, Last: last, Why: fmt.Sprintf(format, args...)})
}

// next compares one line.
func (x *exportExaminer) next(line []byte) {
	x.line++
	var head struct{ ID uint64 }
	if err := json.Unmarshal(line, &head); err != nil || head.ID == 0 {
		x.find(0, 0, "line %d of the export is no entry", x.line)
		return
	}
	if x.last > 0 && head.ID > x.last+1 {
		x.find(x.last+1, head.ID-1, "the export leaves it out; line %d goes on with entry %d", x.line, head.ID)
	}
	x.last = max(x.last, head.ID)
	e, ok, err := x.l.rows.Entries.Get(x.r, rows.SeqKey(head.ID))
	switch {
	case err != nil:
		x.find(head.ID, head.ID, "%s", sentence(err))
	case !ok:
		x.find(head.ID, head.ID, "it is in the export, line %d, and missing in the log", x.line)
	case !sameObject(line, e):
		x.find(head.ID, head.ID, "line %d of the export says something else than the log", x.line)
	}
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

// Export writes the entries from a number on as lines of JSON, as the
// audit sink gets them, and returns how many.
func Export(ctx context.Context, r store.Reader, keys *keyring.Keys, from uint64, w io.Writer) (n int, err error) {
	out := json.NewEncoder(w)
	err = rows.New(keys).Entries.Each(r, store.Range{From: []byte(rows.SeqKey(from))}, func(_ []byte, e audit.Entry) error {
		n++
		return cmp.Or(ctx.Err(), out.Encode(e))
	})
	return n, err
}
