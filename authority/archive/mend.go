package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/durable"
)

// fetchTime is how long a file may take to come from its second place.
const fetchTime = time.Minute

// aside is added to the name of a file that was replaced because it was not what was written. It
// may be a trace of somebody, or of a failing disk.
const aside = ".bad"

// mend takes the file of a segment from the second place, because of what is wrong with the one in
// the folder. Who asks meanwhile gets the same answer.
func (s *Segments) mend(seg rows.Segment, wrong error) (*segment.File, error) {
	if s.second == nil || !mendable(wrong) {
		return nil, wrong
	}
	f, err, _ := s.mending.Do(segment.FileName(seg.Number), func() (any, error) {
		if err := s.fetch(seg); err != nil {
			return nil, fmt.Errorf("%w; and no copy comes from %s: %w", spoken(wrong), s.second, spoken(err))
		}
		f, err := s.check(seg)
		if err == nil {
			s.bad.mended(seg, fmt.Errorf("%w; it was taken from %s", spoken(wrong), s.second))
		}
		return f, err
	})
	if err != nil {
		return nil, err
	}
	return f.(*segment.File), nil
}

// mendable reports whether another copy is better than what is there.
func mendable(err error) bool {
	for _, wrong := range []error{fs.ErrNotExist, errOther, segment.ErrMalformed, syscall.EIO} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return false
}

// fetch takes a file from the second place. It is compared with the row of its segment before it
// gets its name; one that was there is put aside.
func (s *Segments) fetch(seg rows.Segment) error {
	name := segment.FileName(seg.Number)
	// It is for all who will read it, not only for who asks first.
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	return s.folder.write(name, func(out io.Writer) error {
		in, err := s.second.Get(ctx, name)
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, seg.Bytes+1))
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
		if [sha256.Size]byte(sum.Sum(nil)) != seg.SHA256 {
			return errOther
		}
		return putAside(s.path(seg))
	})
}

// putAside gives a file another name, if there is one. If a file was put aside before, that one
// stays: what was there first tells most of what became of the segment.
func putAside(path string) error {
	if _, err := os.Lstat(path + aside); err == nil {
		return nil
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return durable.Rename(path, path+aside)
}
