package bolt

import (
	"errors"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/overlay"
)

// Want of space must show before a commit begins, since a commit that fails half-way stops the
// store. bbolt itself takes space by making the file longer without filling it, so that a full
// disk shows only when pages are written. We therefore estimate what a batch will take, and have
// the file system set that space aside beforehand. What it refuses then, we refuse with
// store.ErrFull, and nothing has happened.
//
// What it does not see are rows of many pages that stand beside one that changes: bbolt writes them
// anew with it, side by side. In a file that has come to MaxSize, whose free pages are scattered,
// a small change beside a row of some 200 KiB may be refused even from the reserve (seen in one of
// 300 runs of a test that filled a store with such rows).
//
// The estimate is high rather than low. Should it be too low after all, bbolt makes the file
// longer by itself, up to MaxSize, and a disk that fills up in that moment stops the store:
// safe, but not what we wish. The same holds for file systems that cannot set space aside, or
// that copy on write.

// makeSpace makes the file large enough for the changes of b.
func (db *DB) makeSpace(tx *boltfile.Tx, b *overlay.Batch) error {
	f := tx.File()
	page, free := f.Page(), f.Free()
	pooled, fresh := estimate(b.Changed, page, tx.Size()/page-free)
	fresh += max(0, pooled+db.keepBack(b)/page-free)
	return db.grow(tx.Size() + fresh*page)
}

// keepBack returns how many bytes must stay free after the batch: nothing after one that only
// deletes, since that makes space; a little after one that may use the reserve; the whole
// reserve after others.
func (db *DB) keepBack(b *overlay.Batch) int64 {
	switch {
	case b.Changed.Puts == 0:
		return 0
	case b.MayUseReserve():
		return db.options.Reserve / 4
	}
	return db.options.Reserve
}

// estimate returns how many pages bbolt will want for the changes in o: those it takes one by
// one, and those that large rows want side by side, for which scattered free pages are no use.
//
// bbolt writes each page anew that it changes, and those above it. A row touches one leaf, which
// may be split in three, and one or two pages above; but all rows together cannot touch more
// pages than there are.
func estimate(o *overlay.Overlay, page, used int64) (pooled, fresh int64) {
	rows, tables := int64(o.Rows), o.Tables()
	large := largeBytes(o, tables)
	pooled = min(5*rows, 2*used) + (int64(o.Bytes)-large)*3/page + 3*int64(len(tables)) + 3
	return pooled, 3 * large / page
}

// largeRow is the size in bytes from which a row may need several pages in a row, since bbolt
// puts at least two rows on each page.
const largeRow = 1 << 10

// largeBytes returns how many bytes the large rows have together.
func largeBytes(o *overlay.Overlay, tables []store.Table) (n int64) {
	for _, t := range tables {
		for r := range o.Changes(t) {
			if size := len(r.Key) + len(r.Value); size > largeRow {
				n += int64(size)
			}
		}
	}
	return n
}

// grow sees to it that the file has size bytes and that the disk has set them aside.
func (db *DB) grow(size int64) error {
	err := db.file.Load().Grow(size, db.options.MaxSize)
	if err != nil && !errors.Is(err, store.ErrFull) {
		return db.stop(err)
	}
	return err
}

// takeReserve takes the reserve from the disk. One without room for it is not a reason to refuse
// to start: reading works, and so does what needs no more space.
func (db *DB) takeReserve() {
	used, err := db.used()
	if err == nil {
		err = db.grow(used + db.options.Reserve)
	}
	if err != nil {
		return // if it was more than want of space the store has stopped and says so
	}
}

// used returns how many bytes of the file hold data.
func (db *DB) used() (int64, error) {
	tx, err := db.begin(false)
	if err != nil {
		return 0, err
	}
	return tx.Used(), tx.Rollback()
}
