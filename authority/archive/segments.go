package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// openAtOnce is how many indexes of files are kept in memory: some 100 KiB each, and as much again
// of what was read last.
const openAtOnce = 32

// Segments are the parts of a log that have left its store, in a folder. It is safe for concurrent
// use.
type Segments struct {
	rows   *rows.Rows
	folder Folder
	second Place // nil if there is none
	log    *slog.Logger

	files *lru.Cache[fileKey, *segment.File]

	mu    sync.Mutex
	whole map[fileKey]known // files that were read once to their end

	bad     findings
	mending singleflight.Group
	life    context.Context // of files on their way from the second place
	end     func()          // ends that: nobody will want them any more
}

// known is what is known of a file that was read to its end.
type known struct {
	index [sha256.Size]byte
	info  fs.FileInfo
}

// still reports whether the file at path is that one, unchanged as far as its folder tells. That
// its frames are, each tells as it is read.
func (k known) still(path string) bool {
	info, err := os.Stat(path)
	return err == nil && k.info != nil && unchanged(info, k.info)
}

// unchanged reports whether a file is what it was, as far as its folder tells.
func unchanged(is, was fs.FileInfo) bool {
	return os.SameFile(is, was) && is.Size() == was.Size() && is.ModTime().Equal(was.ModTime())
}

// A fileKey is which file it is, and what it has to hold.
type fileKey struct {
	number uint64
	sum    [sha256.Size]byte
}

// NewSegments returns the segments in a folder. A file that is missing there, or is not what was
// written, is taken from second when it is needed, if that is not nil and has it. It reads and
// makes nothing.
func NewSegments(all *rows.Rows, folder string, second Place, log *slog.Logger) *Segments {
	files, _ := lru.New[fileKey, *segment.File](openAtOnce) // it fails for a size of 0
	s := &Segments{rows: all, folder: Folder(folder), second: inTime(second), log: log, files: files, whole: map[fileKey]known{}}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// open returns the file of a segment, having compared it with its row. A file that is missing or
// not what was written is taken from the second place, if there is one.
func (s *Segments) open(seg rows.Segment, by *caller) (*segment.File, error) {
	key := fileKey{seg.Number, seg.SHA256}
	if f, ok := s.files.Get(key); ok && s.known(key).still(s.path(seg)) {
		return f, nil
	}
	if u := s.bad.still(seg, s.path(seg)); u != nil {
		return nil, u
	}
	return s.read(seg, by)
}

// read is open, but does not believe that a file is still bad.
func (s *Segments) read(seg rows.Segment, by *caller) (*segment.File, error) {
	f, err := s.check(seg)
	if err != nil {
		f, err = s.mend(seg, err, by)
	}
	if err != nil {
		if gone := by.alive(); gone != nil {
			return nil, gone // what is wrong is for who waits to the end
		}
		s.forget(seg)
		u := s.unread(seg, err)
		s.bad.note(u, s.path(seg))
		return nil, u
	}
	s.bad.sound(seg)
	s.files.Add(fileKey{seg.Number, seg.SHA256}, f)
	return f, nil
}

// again is open, but believes nothing that was found out before. Others do meanwhile: a file that
// is known to be bad keeps no reader waiting.
func (s *Segments) again(seg rows.Segment, by *caller) error {
	s.forget(seg)
	_, err := s.read(seg, by)
	return err
}

// failed returns the error of a read of a file that was opened soundly. The file is looked at
// again, so if it can be mended the next read goes well.
func (s *Segments) failed(seg rows.Segment, err error, by *caller) error {
	if e := s.again(seg, by); e != nil {
		return e
	}
	return s.unread(seg, err)
}

// path returns where the file of a segment should be.
func (s *Segments) path(seg rows.Segment) string {
	return s.folder.Path(segment.FileName(seg.Number))
}

func (s *Segments) unread(seg rows.Segment, err error) *Unreadable {
	u := &Unreadable{Segment: seg, Where: s.folder.String(), Err: err}
	if s.second != nil {
		u.Second = s.second.String()
	}
	return u
}

// forget has the file of a segment be read to its end again before it is believed.
func (s *Segments) forget(seg rows.Segment) {
	key := fileKey{seg.Number, seg.SHA256}
	s.files.Remove(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.whole, key)
}

func (s *Segments) known(key fileKey) known {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole[key]
}

// check opens the file in the folder. If it was never read to its end, or was changed since, it is.
func (s *Segments) check(seg rows.Segment) (*segment.File, error) {
	path := s.path(seg)
	key := fileKey{seg.Number, seg.SHA256}
	was := s.known(key)
	same := was.still(path)
	if !same {
		var err error
		if was.info, err = sameFile(path, seg); err != nil {
			return nil, err
		}
	}
	f, err := segment.Parse(byPath(path), seg.Bytes)
	if err == nil && same && f.Index != was.index {
		err = segment.ErrMalformed
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.whole[key] = known{f.Index, was.info}
	s.mu.Unlock()
	return f, nil
}

// sameFile reads a file to its end and compares it with what is known of it.
func sameFile(path string, seg rows.Segment) (info fs.FileInfo, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err = f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != seg.Bytes {
		return nil, fmt.Errorf("it has %d bytes instead of %d: %w", info.Size(), seg.Bytes, other(f, info.Size(), seg))
	}
	return info, same(f, f, seg)
}

// same compares what r reads with what is known of a segment.
func same(r io.Reader, at io.ReaderAt, seg rows.Segment) error {
	sum, err := segment.SumOf(io.LimitReader(r, seg.Bytes+1))
	if err != nil || sum == (segment.Sum{SHA256: seg.SHA256, Bytes: seg.Bytes}) {
		return err
	}
	return other(at, sum.Bytes, seg)
}

// other says what a file is that is not the one of a segment.
func other(at io.ReaderAt, size int64, seg rows.Segment) error {
	if at != nil {
		if f, err := segment.Parse(at, size); err == nil && f.Number != seg.Number {
			return fmt.Errorf("%w, but that of segment %d", errOther, f.Number)
		}
	}
	return errOther
}

// byPath reads from the file that has a path by then, so that one that is taken away is missed.
type byPath string

// ReadAt implements io.ReaderAt.
func (p byPath) ReadAt(b []byte, offset int64) (n int, err error) {
	f, err := os.Open(string(p))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.ReadAt(b, offset)
}

// confirm reads a file back from a place.
func (s *Segments) confirm(ctx context.Context, place Place, seg rows.Segment) error {
	in, err := place.Get(ctx, segment.FileName(seg.Number))
	if err != nil {
		return err
	}
	at, _ := in.(io.ReaderAt)
	return errors.Join(same(in, at, seg), in.Close())
}

// All returns what is known of all segments, the first one first.
func (s *Segments) All(tx store.Reader) (list []rows.Segment, err error) {
	err = s.rows.Segments.Each(tx, store.Range{}, func(_ []byte, seg rows.Segment) error {
		list = append(list, seg)
		return nil
	})
	return list, err
}
