package ledger

import (
	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/store"
)

// ProveEntry proves that the entry seq stands in the log of a size. It refuses with
// NotFound an entry that there is not, with Invalid a size that the log never had, or
// that does not reach to the entry.
func (l Ledger) ProveEntry(r store.Reader, seq, size int64) (p audit.InclusionProof, err error) {
	r = l.rows.Whole(r)
	last, err := l.Last(r)
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
	p = audit.InclusionProof{Seq: uint64(seq), Size: uint64(size)}
	if p.Leaf, err = l.leaf(r, p.Seq); err != nil {
		return p, err
	}
	if p.Root, err = l.rootAt(r, p.Size); err != nil {
		return p, err
	}
	p.Hashes, err = tlog.ProveRecord(size, seq-1, l.hashes(r))
	return p, err
}

// Evidence returns the packed piece of what the change with the entry seq did that holds its n-th
// effect. It refuses with NotFound what there is none of.
func (l Ledger) Evidence(r store.Reader, seq, n uint64) (packed []byte, err error) {
	err = l.rows.EachPiece(l.rows.Whole(r), seq, func(p audit.Piece) error {
		first, effects, err := audit.OpenPiece(p.Packed)
		if err != nil || n < first || n >= first+uint64(len(effects)) {
			return err
		}
		packed = p.Packed
		return store.Stop
	})
	if err == nil && packed == nil {
		err = fault.New(fault.NotFound, "The audit entry %d did not touch so many tokens.", seq)
	}
	return packed, err
}

// leaf returns what the tree holds of an entry.
func (l Ledger) leaf(r store.Reader, seq uint64) ([]byte, error) {
	row, err := r.Get(rows.AuditTable, []byte(rows.SeqKey(seq)))
	if err == nil && row == nil { // lost, as after a salvage
		err = l.readable(r, seq-1)
	}
	if err != nil || row == nil {
		return audit.Leaf(seq, nil), err
	}
	packed, err := l.rows.Keys.Open(rows.AuditTable, []byte(rows.SeqKey(seq)), row)
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

// ProveGrowth proves that the log of one size is the beginning of that of another. It
// refuses with Invalid sizes that there cannot be, or are not yet.
func (l Ledger) ProveGrowth(r store.Reader, from, to int64) (p audit.ConsistencyProof, err error) {
	last, err := l.Last(r)
	if err != nil {
		return p, err
	}
	if err := fault.Inputs(reaches(last.Seq, "fromSize", from), reaches(last.Seq, "toSize", to)); err != nil {
		return p, err
	}
	if from > to {
		return p, fault.Input("fromSize", "It is larger than toSize: logs only grow.")
	}
	p = audit.ConsistencyProof{From: uint64(from), To: uint64(to)}
	if p.FromRoot, err = l.rootAt(r, p.From); err != nil {
		return p, err
	}
	if p.ToRoot, err = l.rootAt(r, p.To); err != nil {
		return p, err
	}
	p.Hashes, err = tlog.ProveTree(to, from, l.hashes(r))
	return p, err
}
