package authority

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/store"
)

// A NamedNote is a signed checkpoint that was kept elsewhere, and the name
// people know it by.
type NamedNote struct{ Name, Note string }

// A TrailReport is what is to be said about an audit log.
type TrailReport struct {
	Size    uint64 // the number of the last entry
	Time    epoch.Millis
	Root    audit.Hash
	Fits    int             // checkpoints that the log fits, stored ones and given ones
	Covered uint64          // the size of the largest of them
	Found   []audit.Finding // what does not fit, by entry; none if all is well
}

// ExamineTrail reads a whole audit log and says whether it is as it was
// written: every seal, the numbers, the times, the tree that is kept of it,
// the checkpoints stored with it, and those given. Only a given checkpoint
// tells of a log that was cut off at its end, or written anew by somebody who
// has the keys.
func ExamineTrail(ctx context.Context, r store.Reader, keys *Keys, given ...NamedNote) (TrailReport, error) {
	tr, r := newTrail(keys), older{r}
	x := audit.NewExaminer(tr.keptNode(r))
	if err := tr.expectStored(r, x); err != nil {
		return TrailReport{}, err
	}
	for _, g := range given {
		c, err := keys.openCheckpoint(g.Note)
		if err != nil {
			x.Find(audit.Finding{Why: fmt.Sprintf("%s: %v", g.Name, err)})
			continue
		}
		x.Expect(g.Name, c, true)
	}
	nodes, err := tr.examineEntries(ctx, r, x)
	if err != nil {
		return TrailReport{}, err
	}
	if err := tr.examineNodes(r, x, nodes); err != nil {
		return TrailReport{}, err
	}
	found := x.End()
	return TrailReport{x.Size(), x.Time(), x.Root(), x.Fits(), x.Covered(), found}, nil
}

// keptNode lets an examiner compare with the nodes that are kept. Broken ones
// are found by examineNodes.
func (tr trail) keptNode(r store.Reader) func(level int, n uint64) (audit.Hash, bool) {
	return func(level int, n uint64) (audit.Hash, bool) {
		if level == 0 || level%tileHeight != 0 {
			return audit.Hash{}, false
		}
		h, ok, err := tr.nodes.get(r, nodeKey(level, n))
		return h, ok && err == nil
	}
}

// expectStored has the log compared with the checkpoints stored beside it.
func (tr trail) expectStored(r store.Reader, x *audit.Examiner) error {
	return r.Scan(checkpointsTable, store.Range{}, func(key, row []byte) error {
		text, err := tr.checkpoints.decode(key, row)
		var c audit.Checkpoint
		if err == nil {
			c, err = tr.keys.openCheckpoint(text)
		}
		if err == nil && string(key) != seqKey(c.Size) {
			err = errPacked
		}
		if err != nil {
			x.Find(audit.Finding{Why: fmt.Sprintf("a checkpoint stored with the log: %v", err)})
			return nil
		}
		x.Expect("a checkpoint stored with the log", c, false)
		return nil
	})
}

// examineEntries hands all entries to x, and returns how many nodes are to be
// kept of them.
func (tr trail) examineEntries(ctx context.Context, r store.Reader, x *audit.Examiner) (entries uint64, err error) {
	err = r.Scan(auditTable, store.Range{}, func(key, row []byte) error {
		if len(key) != 8 {
			x.Find(audit.Finding{Why: fmt.Sprintf("there is a row with the key %q, which no entry has", key)})
			return ctx.Err()
		}
		seq := binary.BigEndian.Uint64(key)
		packed, err := tr.keys.open(auditTable, key, row)
		var e audit.Entry
		if err == nil {
			e, err = tr.entries.parse(key, packed)
		}
		if err != nil {
			x.Find(audit.Finding{First: seq, Last: seq, Why: sentence(err)})
			x.Entry(seq, x.Time(), audit.LeafHash(seq, row))
			return ctx.Err()
		}
		x.Entry(seq, e.Time, audit.LeafHash(seq, packed))
		return ctx.Err()
	})
	return x.Size(), err
}

// sentence says what is wrong with a row whose number is said already.
func sentence(err error) string {
	if bad, ok := errors.AsType[*sealError](err); ok {
		return bad.sentence()
	}
	return err.Error()
}

// examineNodes finds kept nodes that are damaged, and those of entries that
// are not there.
func (tr trail) examineNodes(r store.Reader, x *audit.Examiner, size uint64) error {
	return r.Scan(treeTable, store.Range{}, func(key, row []byte) error {
		if _, err := tr.nodes.decode(key, row); err != nil {
			x.Find(audit.Finding{Why: fmt.Sprintf("the tree that is kept of the log: %v", err)})
			return nil
		}
		level, n := int(key[0]), binary.BigEndian.Uint64(key[1:])
		if end := (n + 1) << level; level >= 64 || end > size {
			x.Find(audit.Finding{First: size + 1, Last: size + 1, Why: fmt.Sprintf("it is missing; the tree that is kept of the log reaches to entry %d", end)})
		}
		return nil
	})
}

// ExamineExport compares lines of JSON, as they were written out, with the
// log. They may begin anywhere, end before the log does, and come twice.
func ExamineExport(ctx context.Context, r store.Reader, keys *Keys, lines io.Reader) (n int, found []audit.Finding, err error) {
	x := &exportExaminer{tr: newTrail(keys), r: r}
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
	tr    trail
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
	e, ok, err := x.tr.entries.get(x.r, seqKey(head.ID))
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

// ExportTrail writes the entries from a number on as lines of JSON, as the
// audit sink gets them, and returns how many.
func ExportTrail(ctx context.Context, r store.Reader, keys *Keys, from uint64, w io.Writer) (n int, err error) {
	out := json.NewEncoder(w)
	err = newTrail(keys).entries.each(r, store.Range{From: []byte(seqKey(from))}, func(_ []byte, e audit.Entry) error {
		n++
		return firstError(ctx.Err(), out.Encode(e))
	})
	return n, err
}

// SignTrail returns a signed checkpoint of all entries, newly made if the
// stored ones do not reach that far. It stores nothing. It refuses a log that
// its newest checkpoint does not fit.
func SignTrail(r store.Reader, keys *Keys, now epoch.Millis) (note string, err error) {
	tr, r := newTrail(keys), older{r}
	newest, err := tr.newestCheckpoint(r)
	if err != nil {
		return "", err
	}
	s, err := tr.sign(r, newest, now)
	return s.note, err
}

// checkProof reports what does not fit between the entries, the tree and the
// checkpoints.
func (c *checker) checkProof() error {
	rep, err := ExamineTrail(context.Background(), c.r, c.trail.keys)
	if err == nil && len(rep.Found) > 0 {
		err = fmt.Errorf("in the audit log: %v", rep.Found[0])
	}
	return err
}
