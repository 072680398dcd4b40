package boltfile

import (
	"fmt"

	"tokenscale/platform"
	"tokenscale/store"
)

// Page returns the size of the file's pages in bytes.
func (f *File) Page() int64 { return f.page }

// Size returns how many bytes long the file is.
func (f *File) Size() int64 { return f.size.Load() }

// Free returns how many pages of the file can be used again.
func (f *File) Free() int64 {
	s := f.bolt.Stats()
	if s.OpenTxN == 0 {
		// No reader holds back what the last commit freed.
		return int64(s.FreePageN + s.PendingPageN)
	}
	return int64(s.FreePageN)
}

// Used returns how many bytes of the file hold data. The transaction gives it its end.
func (t *Tx) Used() int64 {
	return t.tx.Size() - int64(t.file.bolt.Stats().FreePageN)*t.file.page
}

// Grow sees to it that the file has size bytes, but not more than limit unless that is 0, and
// that the disk has set them aside. What it lacks is store.ErrFull.
func (f *File) Grow(size, limit int64) error {
	have := f.size.Load()
	if size <= have {
		return nil
	}
	if limit > 0 && size > limit {
		return fmt.Errorf("%w: it may have %d bytes", store.ErrFull, limit)
	}
	ample := f.wholePages(size + min(max(size/8, 64<<10), 16<<20))
	if limit > 0 {
		ample = min(ample, limit)
	}
	err := platform.SetAside(f.raw, have, ample)
	if platform.NoSpace(err) {
		err = platform.SetAside(f.raw, have, f.wholePages(size))
	}
	if platform.NoSpace(err) {
		return fmt.Errorf("%w: the disk has no room: %w", store.ErrFull, err)
	}
	if err == nil {
		err = f.raw.Sync() // or the length could be lost when the rows are not
	}
	if err != nil {
		return fmt.Errorf("making the file longer: %w", err)
	}
	return f.measure()
}

func (f *File) wholePages(size int64) int64 { return (size + f.page - 1) / f.page * f.page }

// measure takes note of the size of the file after we made it longer.
func (f *File) measure() error {
	info, err := f.raw.Stat()
	if err == nil {
		f.size.Store(info.Size())
	}
	return err
}
