package ledger

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
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
func (l Ledger) grow(tx store.Writer, size uint64) error {
	for level := tileHeight; size&(1<<level-1) == 0; level += tileHeight {
		h, err := l.fold(tx, level, size>>level-1)
		if errors.Is(err, keyring.ErrSeal) || errors.Is(err, rows.ErrMalformed) {
			return nil // a damaged entry is for the checkpoints to report; changes must go on
		}
		if err != nil {
			return err
		}
		if err := l.rows.Nodes.Put(tx, rows.NodeKey(level, size>>level-1), h); err != nil {
			return err
		}
	}
	return nil
}

// node returns the root of a whole subtree: the n-th of its level, of 2^level
// entries.
func (l Ledger) node(tx store.Reader, level int, n uint64) (audit.Hash, error) {
	if level > 0 && level%tileHeight == 0 {
		if h, ok, err := l.rows.Nodes.Get(tx, rows.NodeKey(level, n)); err != nil || ok {
			return h, err
		}
	}
	return l.fold(tx, level, n)
}

// fold computes a node from the kept level below it.
func (l Ledger) fold(tx store.Reader, level int, n uint64) (audit.Hash, error) {
	if level <= tileHeight {
		return l.foldLeaves(tx, n<<level, 1<<level)
	}
	base := (level - 1) / tileHeight * tileHeight
	count := uint64(1) << (level - base)
	var g audit.Growing
	for i := range count {
		h, err := l.node(tx, base, n*count+i)
		if err != nil {
			return audit.Hash{}, err
		}
		g.Add(h)
	}
	return g.Root(), nil
}

// foldLeaves returns the root over count entries behind the first so many.
func (l Ledger) foldLeaves(tx store.Reader, before, count uint64) (audit.Hash, error) {
	var g audit.Growing
	tx = l.rows.Whole(tx)
	if err := l.readable(tx, before); err != nil {
		return audit.Hash{}, err
	}
	about := store.Range{From: []byte(rows.SeqKey(before + 1)), To: []byte(rows.SeqKey(before + count + 1))}
	err := tx.Scan(rows.AuditTable, about, func(key, row []byte) error {
		packed, err := l.rows.Keys.Open(rows.AuditTable, key, row)
		if err != nil || len(key) != 8 {
			return cmp.Or(err, rows.ErrMalformed)
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

// readable returns rows.ErrPast if the entry behind the first so many has left the store, and tx
// reads only that: what has left is not lost.
func (l Ledger) readable(tx store.Reader, before uint64) error {
	if _, ok := tx.(rows.Past); ok {
		return nil
	}
	left, err := l.rows.LastSegment(tx)
	if err == nil && before < left.Last {
		err = rows.ErrPast
	}
	return err
}

// hashes lets tlog read the tree.
func (l Ledger) hashes(tx store.Reader) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			var err error
			if out[i], err = l.node(tx, level, uint64(n)); err != nil {
				return nil, fmt.Errorf("reading the tree over the audit log: %w", err)
			}
		}
		return out, nil
	})
}

// rootAt returns the root of the tree over the first size entries.
func (l Ledger) rootAt(tx store.Reader, size uint64) (audit.Hash, error) {
	return tlog.TreeHash(int64(size), l.hashes(tx))
}

// backfillBatch is how many nodes are made in one transaction at most, for a log that has none:
// enough for 16,384 entries.
const backfillBatch = 64

// Backfill makes the nodes that are missing at the end of the tree: of a store
// that was salvaged, whose tree is made anew. Of a log that has its tree it
// reads two rows. A tree that cannot be kept is no error, as it is only a help.
func (l Ledger) Backfill(ctx context.Context, db store.DB, log *slog.Logger) error {
	var next, whole uint64
	err := db.View(ctx, func(r store.Reader) (err error) {
		next, whole, err = l.missingNodes(r)
		return err
	})
	step := uint64(store.BatchSize(db, backfillBatch, 1, 16)) // some are nodes above them
	for ; err == nil && next < whole; next += step {
		err = db.Update(ctx, func(w store.Writer) error {
			return l.makeNodes(w, next, min(next+step, whole))
		}, store.UseReserve)
	}
	if errors.Is(err, rows.ErrPast) || errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrReadOnly) ||
		errors.Is(err, keyring.ErrSeal) || errors.Is(err, rows.ErrMalformed) {
		log.Warn("the tree over the audit log could not be kept; proofs take longer", "err", err)
		return nil
	}
	return err
}

// missingNodes returns which nodes of the lowest kept level are missing at the
// end: those from next on, up to whole.
func (l Ledger) missingNodes(tx store.Reader) (next, whole uint64, err error) {
	last, err := l.Last(tx)
	whole = last.Seq >> tileHeight
	for next = whole; next > 0 && err == nil; next-- {
		var ok bool
		if _, ok, err = l.rows.Nodes.Get(tx, rows.NodeKey(tileHeight, next-1)); ok {
			break
		}
	}
	return next, whole, err
}

// makeNodes makes nodes of the lowest kept level, and those above them.
func (l Ledger) makeNodes(w store.Writer, next, end uint64) error {
	for ; next < end; next++ {
		if err := l.grow(w, (next+1)<<tileHeight); err != nil {
			return err
		}
	}
	return nil
}
