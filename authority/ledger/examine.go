package ledger

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

// A NamedNote is a signed checkpoint that was kept elsewhere, and the name
// people know it by.
type NamedNote struct{ Name, Note string }

// A Report is what is to be said about an audit log.
type Report struct {
	Size    uint64 // the number of the last entry
	Time    epoch.Millis
	Root    audit.Hash
	Read    uint64          // entries that were read
	Fits    int             // checkpoints that the log fits, stored ones and given ones
	Passed  int             // those that end between entries that could not be read
	Covered uint64          // the size of the largest that it fits
	Found   []audit.Finding // what does not fit, by entry; none if all is well
}

// Examine reads a whole audit log and says whether it is as it was
// written: every seal, the numbers, the times, the tree that is kept of it,
// the checkpoints stored with it, and those given. Only a given checkpoint
// tells of a log that was cut off at its end, or written anew by somebody who
// has the keys.
//
// If r is a rows.Past, what has left the store is examined as well. Of segments that it leaves out
// the root is believed that their rows tell: the checkpoints behind them show whether it is right.
func Examine(ctx context.Context, r store.Reader, keys *keyring.Keys, given ...NamedNote) (Report, error) {
	l := New(rows.New(keys))
	x := audit.NewExaminer(l.keptNode(r))
	if err := l.expectStored(r, x); err != nil {
		return Report{}, err
	}
	for _, g := range given {
		c, err := l.OpenCheckpoint(r, g.Note)
		if err != nil {
			x.Find(audit.Finding{Why: fmt.Sprintf("%s: %v", g.Name, err)})
			continue
		}
		x.Expect(g.Name, c, true)
	}
	nodes, err := l.examineEntries(ctx, r, x)
	if err != nil {
		return Report{}, err
	}
	if err := cmp.Or(l.examineNodes(r, x, nodes), l.examineStrays(r, x)); err != nil {
		return Report{}, err
	}
	found := x.End()
	return Report{x.Size(), x.Time(), x.Root(), x.Read(), x.Fits(), x.Passed(), x.Covered(), found}, nil
}

// keptNode lets an examiner compare with the nodes that are kept. Broken ones
// are found by examineNodes.
func (l Ledger) keptNode(r store.Reader) func(level int, n uint64) (audit.Hash, bool) {
	return func(level int, n uint64) (audit.Hash, bool) {
		if level == 0 || level%tileHeight != 0 {
			return audit.Hash{}, false
		}
		h, ok, err := l.rows.Nodes.Get(r, rows.NodeKey(level, n))
		if s, left, bad := l.rows.Segments.Get(r, rows.SeqKey((n+1)<<level)); left && bad == nil && s.First == n<<level+1 && s.Root != h {
			return s.Root, true // both are compared: if they differ, one does
		}
		return h, ok && err == nil
	}
}

// expectStored has the log compared with the checkpoints stored beside it.
func (l Ledger) expectStored(r store.Reader, x *audit.Examiner) error {
	return r.Scan(rows.CheckpointsTable, store.Range{}, func(key, row []byte) error {
		text, err := l.rows.Checkpoints.Decode(key, row)
		var c audit.Checkpoint
		if err == nil {
			c, err = l.OpenCheckpoint(r, text)
		}
		if err == nil && string(key) != rows.SeqKey(c.Size) {
			err = rows.ErrMalformed
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
func (l Ledger) examineEntries(ctx context.Context, r store.Reader, x *audit.Examiner) (entries uint64, err error) {
	left := rows.LeftOut(r)
	passOver := func(before uint64) {
		for ; len(left) > 0 && left[0].First < before; left = left[1:] {
			x.Unread(left[0].First, left[0].Last, left[0].Root)
		}
	}
	err = r.Scan(rows.AuditTable, store.Range{}, func(key, row []byte) error {
		if len(key) != 8 {
			x.Find(audit.Finding{Why: fmt.Sprintf("there is a row with the key %q, which no entry has", key)})
			return ctx.Err()
		}
		seq := binary.BigEndian.Uint64(key)
		passOver(seq)
		packed, err := l.rows.Keys.Open(rows.AuditTable, key, row)
		var e audit.Entry
		if err == nil {
			e, err = l.rows.Entries.Parse(key, packed)
		}
		if err != nil {
			x.Find(audit.Finding{First: seq, Last: seq, Why: sentence(err)})
			x.Entry(seq, x.Time(), audit.LeafHash(seq, row))
			return ctx.Err()
		}
		x.Entry(seq, e.Time, audit.LeafHash(seq, packed))
		l.examineEvidence(r, x, e)
		return ctx.Err()
	})
	passOver(math.MaxUint64)
	return x.Size(), err
}

// examineEvidence finds a change of which the evidence does not fit.
func (l Ledger) examineEvidence(r store.Reader, x *audit.Examiner, e audit.Entry) {
	if err := l.EvidenceFits(r, e); err != nil {
		x.Find(audit.Finding{First: e.Seq, Last: e.Seq, Why: sentence(err)})
	}
}

// examineStrays finds evidence of changes that the log has no entry of.
func (l Ledger) examineStrays(r store.Reader, x *audit.Examiner) error {
	strays, err := l.StrayEvidence(r)
	for _, seq := range strays {
		x.Find(audit.Finding{Why: strayEvidence(seq).Error()})
	}
	return err
}

// sentence says what is wrong with a row whose number is said already.
func sentence(err error) string {
	if bad, ok := errors.AsType[*keyring.SealError](err); ok {
		return bad.Sentence()
	}
	return err.Error()
}

// examineNodes finds kept nodes that are damaged, and those of entries that
// are not there.
func (l Ledger) examineNodes(r store.Reader, x *audit.Examiner, size uint64) error {
	return r.Scan(rows.TreeTable, store.Range{}, func(key, row []byte) error {
		if _, err := l.rows.Nodes.Decode(key, row); err != nil {
			x.Find(audit.Finding{Why: fmt.Sprintf("the tree that is kept of the log: %v", err)})
			return nil
		}
		level, n := int(key[0]), binary.BigEndian.Uint64(key[1:])
		if end := (n + 1) << level; level >= 64 || end > size {
			why := fmt.Sprintf("it is missing; the tree that is kept of the log reaches to entry %d", end)
			x.Find(audit.Finding{First: size + 1, Last: size + 1, Why: why})
		}
		return nil
	})
}
