package bolt

import (
	"errors"
	"fmt"

	"tokenscale/platform"
	"tokenscale/store"
)

// Want of space must show before a commit begins, since a commit that fails
// half-way stops the store. bbolt itself takes space by making the file
// longer without filling it, so that a full disk shows only when pages are
// written. We therefore estimate what a batch will take, and have the file
// system set that space aside beforehand. What it refuses then, we refuse
// with store.ErrFull, and nothing has happened.
//
// The estimate is high rather than low. Should it be too low after all, bbolt
// makes the file longer by itself, up to MaxSize, and a disk that fills up in
// that moment stops the store: safe, but not what we wish. The same holds for
// file systems that cannot set space aside, or that copy on write.

// makeRoom makes the file large enough for the changes of b.
func (db *DB) makeRoom(b *batch) error {
	h := b.tx.on
	free := h.free()
	pooled, fresh := estimate(b.changed, h.page, b.tx.Size()/h.page-free)
	fresh += max(0, pooled+b.keepBack()/h.page-free)
	return db.grow(b.tx.Size() + fresh*h.page)
}

// free returns how many pages of the file can be used again.
func (h *handle) free() int64 {
	s := h.bolt.Stats()
	if s.OpenTxN == 0 {
		return int64(s.FreePageN + s.PendingPageN) // no reader holds back what the last commit freed
	}
	return int64(s.FreePageN)
}

// keepBack returns how many bytes must stay free after the batch: nothing
// after one that only deletes, since that makes room; a little after one that
// may use the reserve; the whole reserve after others.
func (b *batch) keepBack() int64 {
	reserve := b.db.options.Reserve
	if b.changed.puts == 0 {
		return 0
	}
	for _, c := range b.calls {
		if c.err == nil && len(c.changes) > 0 && !store.MayUseReserve(c.ctx) {
			return reserve
		}
	}
	return reserve / 4
}

// estimate returns how many pages bbolt will want for the changes in o:
// those it takes one by one, and those that large rows want side by side,
// for which scattered free pages are no use.
//
// bbolt writes each page anew that it changes, and those above it. A row
// touches one leaf, which may be split in three, and one or two pages above;
// but all rows together cannot touch more pages than there are.
func estimate(o *overlay, page, used int64) (pooled, fresh int64) {
	rows := int64(o.rows)
	pooled = min(5*rows, 2*used) + int64(o.bytes-o.large)*3/page + 3*int64(len(o.tables)) + 3
	fresh = 3 * int64(o.large) / page
	return pooled, fresh
}

// grow sees to it that the file has size bytes and that the disk has set them
// aside.
func (db *DB) grow(size int64) error {
	err := db.handle.Load().grow(size, db.options.MaxSize)
	if err != nil && !errors.Is(err, store.ErrFull) {
		return db.stop(err)
	}
	return err
}

// grow sees to it that the file has size bytes, but not more than limit unless
// that is 0. What it lacks is store.ErrFull.
func (h *handle) grow(size, limit int64) error {
	have := h.size.Load()
	if size <= have {
		return nil
	}
	if limit > 0 && size > limit {
		return fmt.Errorf("%w: it may have %d bytes", store.ErrFull, limit)
	}
	ample := h.wholePages(size + min(max(size/8, 64<<10), 16<<20))
	if limit > 0 {
		ample = min(ample, limit)
	}
	err := platform.SetAside(h.raw, have, ample)
	if platform.NoSpace(err) {
		err = platform.SetAside(h.raw, have, h.wholePages(size))
	}
	if platform.NoSpace(err) {
		return fmt.Errorf("%w: the disk has no room: %w", store.ErrFull, err)
	}
	if err == nil {
		err = h.raw.Sync() // or the length could be lost when the rows are not
	}
	if err != nil {
		return fmt.Errorf("making room in the file: %w", err)
	}
	return h.measure()
}

func (h *handle) wholePages(size int64) int64 {
	return (size + h.page - 1) / h.page * h.page
}

// measure takes note of the size of the file after we made it longer.
func (h *handle) measure() error {
	info, err := h.raw.Stat()
	if err == nil {
		h.size.Store(info.Size())
	}
	return err
}

// firstRoom takes the reserve. A disk without room for it is not a reason to
// refuse to start: reading works, and so does what needs no more space.
func (db *DB) firstRoom() {
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
	return tx.on.used(tx.Size()), db.rollback(tx)
}

// used returns how many of size bytes of the file hold data.
func (h *handle) used(size int64) int64 {
	return size - int64(h.bolt.Stats().FreePageN)*h.page
}
