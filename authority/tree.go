package authority

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/audit"
	"tokenscale/store"
)

// Of the tree over the audit log only every eighth level is kept: the roots
// of each 256 entries, of each 256 of those, and so on. That is one row in
// 256 entries; what lies between is computed again when a proof needs it,
// from at most 255 rows a level. A node that is not there is computed too, so
// the table is a help and never a truth: the truth is the entries.

// tileHeight is how many levels lie between two that are kept.
const tileHeight = 8

// grow keeps the nodes that the entry size has made whole.
func (tr trail) grow(tx store.Writer, size uint64) error {
	for level := tileHeight; size&(1<<level-1) == 0; level += tileHeight {
		h, err := tr.fold(tx, level, size>>level-1)
		if errors.Is(err, errSeal) || errors.Is(err, errPacked) {
			return nil // a damaged entry is for the checkpoints to report; changes must go on
		}
		if err != nil {
			return err
		}
		if err := tr.nodes.put(tx, nodeKey(level, size>>level-1), h); err != nil {
			return err
		}
	}
	return nil
}

// node returns the root of a whole subtree: the n-th of its level, of 2^level
// entries.
func (tr trail) node(tx store.Reader, level int, n uint64) (audit.Hash, error) {
	if level > 0 && level%tileHeight == 0 {
		if h, ok, err := tr.nodes.get(tx, nodeKey(level, n)); err != nil || ok {
			return h, err
		}
	}
	return tr.fold(tx, level, n)
}

// fold computes a node from the kept level below it.
func (tr trail) fold(tx store.Reader, level int, n uint64) (audit.Hash, error) {
	if level <= tileHeight {
		return tr.foldLeaves(tx, n<<level, 1<<level)
	}
	base := (level - 1) / tileHeight * tileHeight
	count := uint64(1) << (level - base)
	var g audit.Growing
	for i := range count {
		h, err := tr.node(tx, base, n*count+i)
		if err != nil {
			return audit.Hash{}, err
		}
		g.Add(h)
	}
	return g.Root(), nil
}

// foldLeaves returns the root over count entries behind the first so many.
func (tr trail) foldLeaves(tx store.Reader, before, count uint64) (audit.Hash, error) {
	var g audit.Growing
	about := store.Range{From: []byte(seqKey(before + 1)), To: []byte(seqKey(before + count + 1))}
	err := tx.Scan(auditTable, about, func(key, row []byte) error {
		packed, err := tr.keys.open(auditTable, key, row)
		if err != nil || len(key) != 8 {
			return firstError(err, errPacked)
		}
		seq := binary.BigEndian.Uint64(key)
		for before+g.Size()+1 < seq { // lost, as after a salvage
			g.Add(audit.LeafHash(before+g.Size()+1, nil))
		}
		g.Add(audit.LeafHash(seq, packed))
		return nil
	})
	for g.Size() < count {
		g.Add(audit.LeafHash(before+g.Size()+1, nil))
	}
	return g.Root(), err
}

// hashes lets tlog read the tree.
func (tr trail) hashes(tx store.Reader) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			var err error
			if out[i], err = tr.node(tx, level, uint64(n)); err != nil {
				return nil, fmt.Errorf("reading the tree over the audit log: %w", err)
			}
		}
		return out, nil
	})
}

// rootAt returns the root of the tree over the first size entries.
func (tr trail) rootAt(tx store.Reader, size uint64) (audit.Hash, error) {
	return tlog.TreeHash(int64(size), tr.hashes(tx))
}

// plantBatch is how many nodes are made in one transaction for a store that
// has none: enough for 16,384 entries.
const plantBatch = 64

// plant makes the tree of a log that was written by a version that kept none.
// Of a log that has its tree it reads two rows.
func (a *Authority) plant(ctx context.Context) error {
	var next, whole uint64
	err := a.store.View(ctx, func(r store.Reader) (err error) {
		next, whole, err = a.trail.unplanted(r)
		return err
	})
	for ; err == nil && next < whole; next += plantBatch {
		err = a.store.Update(ctx, func(w store.Writer) error {
			return a.trail.plant(w, next, min(next+plantBatch, whole))
		}, store.UseReserve)
	}
	if errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrReadOnly) || errors.Is(err, errSeal) || errors.Is(err, errPacked) {
		a.log.Warn("the tree over the audit log could not be kept; proofs take longer", "err", err)
		return nil
	}
	return err
}

// unplanted returns which nodes of the lowest kept level are missing at the
// end: those from next on, up to whole.
func (tr trail) unplanted(tx store.Reader) (next, whole uint64, err error) {
	last, err := tr.last(tx)
	whole = last.Seq >> tileHeight
	for next = whole; next > 0 && err == nil; next-- {
		var ok bool
		if _, ok, err = tr.nodes.get(tx, nodeKey(tileHeight, next-1)); ok {
			break
		}
	}
	return next, whole, err
}

// plant makes nodes of the lowest kept level, and those above them.
func (tr trail) plant(w store.Writer, next, end uint64) error {
	for ; next < end; next++ {
		if err := tr.grow(w, (next+1)<<tileHeight); err != nil {
			return err
		}
	}
	return nil
}

// older reads a store that was written before there was a tree, or before
// idempotency keys were, without changing it: tables that it does not have are
// empty.
type older struct{ store.Reader }

// Get implements store.Reader.
func (o older) Get(t store.Table, key []byte) ([]byte, error) {
	row, err := o.Reader.Get(t, key)
	return row, unlessNew(t, err)
}

// Scan implements store.Reader.
func (o older) Scan(t store.Table, r store.Range, fn func(key, value []byte) error) error {
	return unlessNew(t, o.Reader.Scan(t, r, fn))
}

func unlessNew(t store.Table, err error) error {
	switch t {
	case sessionsTable, treeTable, checkpointsTable, idempotencyTable, idempotencyDueTable, idempotencyCountTable:
		if errors.Is(err, store.ErrRow) {
			return nil
		}
	}
	return err
}

func nodeKey(level int, n uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte{byte(level)}, n))
}

func packHash(p *packer, h audit.Hash) {
	p.number(rowVersion)
	p.raw(h[:])
}

func unpackHash(u *unpacker, key []byte) (h audit.Hash) {
	if len(key) != 9 {
		u.fail()
	}
	u.expect(rowVersion)
	copy(h[:], u.raw(uint64(len(h))))
	return h
}

func packText(p *packer, s string) {
	p.number(rowVersion)
	p.text(s)
}

func unpackText(u *unpacker, _ []byte) string {
	u.expect(rowVersion)
	return u.text()
}
