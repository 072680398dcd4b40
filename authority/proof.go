package authority

import (
	"context"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/audit"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// A Checkpoint is a signed checkpoint of the audit log, and the key that
// checks its signature.
type Checkpoint struct {
	audit.Checkpoint
	Note        string
	VerifierKey string
}

// Checkpoint returns the newest checkpoint, and false while the log is empty.
func (a *Authority) Checkpoint(ctx context.Context, by policy.Actor) (Checkpoint, bool, error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return Checkpoint{}, false, err
	}
	s, err := a.someCheckpoint(ctx)
	return Checkpoint{s.Checkpoint, s.note, a.keys.VerifierKey()}, s.note != "", a.explain(ctx, err)
}

// someCheckpoint returns the newest checkpoint, and makes the first if there
// is none.
func (a *Authority) someCheckpoint(ctx context.Context) (signed, error) {
	if s := a.witness.checkpoint(); s.note != "" {
		return s, nil
	}
	return a.checkpoint(ctx)
}

// An InclusionProof shows that an entry stands in a log.
type InclusionProof struct {
	Seq    uint64 // of the entry
	Leaf   []byte
	Size   uint64 // of the log
	Root   audit.Hash
	Hashes []audit.Hash
}

// ProveEntry proves that the entry called id stands in the log of a size, or
// of the newest checkpoint's size if that is nil. It refuses with NotFound an
// entry that there is not, with Invalid a size that the log never had, or that
// does not reach to the entry.
func (a *Authority) ProveEntry(ctx context.Context, by policy.Actor, id string, size *int64) (p InclusionProof, err error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return p, err
	}
	a.noteRead(by, trailRead)
	if size == nil {
		s, err := a.someCheckpoint(ctx)
		if err != nil {
			return p, a.explain(ctx, err)
		}
		newest := int64(s.Size)
		size = &newest
	}
	err = a.store.View(ctx, func(r store.Reader) error {
		p, err = a.trail.proveEntry(r, entryNumber(id), *size)
		return err
	})
	return p, a.explain(ctx, err)
}

// entryNumber reads the number of an entry as auditEvents writes it, or
// returns 0.
func entryNumber(id string) int64 {
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(seq, 10) != id {
		return 0
	}
	return seq
}

func (tr trail) proveEntry(r store.Reader, seq, size int64) (p InclusionProof, err error) {
	last, err := tr.last(r)
	if err != nil {
		return p, err
	}
	switch err := reaches(last.Seq, "treeSize", size); {
	case seq < 1 || uint64(seq) > last.Seq:
		return p, fault.New(fault.NotFound, "There is no audit entry with this number: they count from 1 to %d.", last.Seq)
	case err != nil:
		return p, err
	case seq > size:
		return p, fault.Input("id", "That entry does not stand among the first %d. Give a larger treeSize, or wait for the next checkpoint.", size)
	}
	p = InclusionProof{Seq: uint64(seq), Size: uint64(size)}
	if p.Leaf, err = tr.leaf(r, p.Seq); err != nil {
		return p, err
	}
	if p.Root, err = tr.rootAt(r, p.Size); err != nil {
		return p, err
	}
	p.Hashes, err = tlog.ProveRecord(size, seq-1, tr.hashes(r))
	return p, err
}

// leaf returns what the tree holds of an entry.
func (tr trail) leaf(r store.Reader, seq uint64) ([]byte, error) {
	row, err := r.Get(auditTable, []byte(seqKey(seq)))
	if err != nil || row == nil { // lost, as after a salvage
		return audit.Leaf(seq, nil), err
	}
	packed, err := tr.keys.Open(auditTable, []byte(seqKey(seq)), row)
	return audit.Leaf(seq, packed), err
}

// reaches refuses a size that a log which ends with entry last never had.
func reaches(last uint64, field string, size int64) error {
	switch {
	case size < 1:
		return fault.Input(field, "A log has at least 1 entry.")
	case uint64(size) > last:
		return fault.Input(field, "The audit log has only %d entries.", last)
	}
	return nil
}

// A ConsistencyProof shows that a log is the beginning of another.
type ConsistencyProof struct {
	From, To         uint64
	FromRoot, ToRoot audit.Hash
	Hashes           []audit.Hash
}

// ProveGrowth proves that the log of one size is the beginning of that of
// another. It refuses with Invalid sizes that there cannot be, or are not yet.
func (a *Authority) ProveGrowth(ctx context.Context, by policy.Actor, from, to int64) (p ConsistencyProof, err error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return p, err
	}
	err = a.store.View(ctx, func(r store.Reader) error {
		p, err = a.trail.proveGrowth(r, from, to)
		return err
	})
	return p, a.explain(ctx, err)
}

func (tr trail) proveGrowth(r store.Reader, from, to int64) (p ConsistencyProof, err error) {
	last, err := tr.last(r)
	if err != nil {
		return p, err
	}
	if err := fault.Inputs(reaches(last.Seq, "fromSize", from), reaches(last.Seq, "toSize", to)); err != nil {
		return p, err
	}
	if from > to {
		return p, fault.Input("fromSize", "It is larger than toSize: logs only grow.")
	}
	p = ConsistencyProof{From: uint64(from), To: uint64(to)}
	if p.FromRoot, err = tr.rootAt(r, p.From); err != nil {
		return p, err
	}
	if p.ToRoot, err = tr.rootAt(r, p.To); err != nil {
		return p, err
	}
	p.Hashes, err = tlog.ProveTree(to, from, tr.hashes(r))
	return p, err
}
