package archive

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"tokenscale/authority/rows"
)

// findings are the files that are known to be missing or not what was written, and what is still to
// be told of them. The zero findings are empty. They are safe for concurrent use.
type findings struct {
	mu   sync.Mutex
	of   map[uint64]finding // by the number of the segment
	news []news
}

// A finding is a file that cannot be read. While its folder tells of no change nobody reads it
// again, or asks the second place again, but for who looks after the files; see Archiver.Look.
type finding struct {
	*Unreadable
	info fs.FileInfo // of the file; nil if it was missing
}

// A news is what became of a file.
type news struct {
	seg rows.Segment
	why error // what is wrong, or was; nil if it is as it should be again
	bad bool  // it still is
}

// mostNews bounds the memory for what was not told yet.
const mostNews = 1000

// tell is called under the lock.
func (f *findings) tell(n news) {
	if len(f.news) < mostNews {
		f.news = append(f.news, n)
	}
}

// note notes that a file cannot be read.
func (f *findings) note(u *Unreadable, path string) {
	info, _ := os.Stat(path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.of[u.Segment.Number]; !known {
		f.tell(news{u.Segment, u.why(), true})
	}
	if f.of == nil {
		f.of = map[uint64]finding{}
	}
	f.of[u.Segment.Number] = finding{u, info}
}

// sound notes that a file is what was written.
func (f *findings) sound(seg rows.Segment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.of[seg.Number]; known {
		delete(f.of, seg.Number)
		f.tell(news{seg, nil, false})
	}
}

// mended notes that a file was replaced, and why.
func (f *findings) mended(seg rows.Segment, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, seg.Number)
	f.tell(news{seg, why, false})
}

// still returns what is known of a file that cannot be read, unless it was changed since; else nil.
func (f *findings) still(seg rows.Segment, path string) *Unreadable {
	f.mu.Lock()
	known, ok := f.of[seg.Number]
	f.mu.Unlock()
	if !ok || known.Segment.SHA256 != seg.SHA256 {
		return nil
	}
	info, err := os.Stat(path)
	if known.info == nil && errors.Is(err, fs.ErrNotExist) || err == nil && known.info != nil && unchanged(info, known.info) {
		return known.Unreadable
	}
	return nil
}

// get returns what is known of a file that cannot be read, or nil.
func (f *findings) get(seg rows.Segment) *Unreadable {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of[seg.Number].Unreadable
}

// take returns what is to be told, once.
func (f *findings) take() (list []news) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list, f.news = f.news, nil
	return list
}
