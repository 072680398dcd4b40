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

	"golang.org/x/sync/singleflight"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/durable"
)

// fetchTime is how long a file may take to come from its second place.
const fetchTime = time.Minute

// aside is added to the name of a file that was replaced because it was not what was written. It
// may be a trace of somebody, or of a failing disk.
const aside = ".bad"

// errSilent means that the second place did not answer in time.
var errSilent = fmt.Errorf("it did not give it within %v", fetchTime)

// A caller needs files. It belongs to one goroutine.
type caller struct {
	alive  func() error // returns an error once it needs none any more
	silent bool         // the second place did not answer it in time, and is not asked for it again
}

// lookUp is how often a caller that waits is asked whether it still does: what tells it, a
// transaction, belongs to its goroutine.
const lookUp = 50 * time.Millisecond

// await returns what comes, or the error of a caller that waits no more.
func (c *caller) await(come <-chan singleflight.Result) (singleflight.Result, error) {
	tick := time.NewTicker(lookUp)
	defer tick.Stop()
	for {
		select {
		case r := <-come:
			return r, r.Err
		case <-tick.C:
			if err := c.alive(); err != nil {
				return singleflight.Result{}, err
			}
		}
	}
}

// mend takes the file of a segment from the second place, because of what is wrong with the one in
// the folder. Who asks meanwhile gets the same answer. It goes on if the caller is gone.
func (s *Segments) mend(seg rows.Segment, wrong error, by *caller) (*segment.File, error) {
	if s.second == nil || !mendable(wrong) {
		return nil, wrong
	}
	if by.silent {
		return nil, fmt.Errorf("%w; and %s was not asked for a copy, as it has just not given another", spoken(wrong), s.second)
	}
	r, err := by.await(s.mending.DoChan(segment.FileName(seg.Number), func() (any, error) { return s.replace(seg, wrong) }))
	if err != nil {
		by.silent = errors.Is(err, errSilent)
		return nil, err
	}
	return r.Val.(*segment.File), nil
}

func (s *Segments) replace(seg rows.Segment, wrong error) (*segment.File, error) {
	if err := s.fetch(seg); err != nil {
		return nil, fmt.Errorf("%w; and no copy comes from %s: %w", spoken(wrong), s.second, spoken(err))
	}
	f, err := s.check(seg)
	if err == nil {
		s.bad.mended(seg, fmt.Errorf("%w; it was taken from %s", spoken(wrong), s.second))
	}
	return f, err
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
	ctx, cancel := context.WithTimeoutCause(s.life, fetchTime, errSilent)
	defer cancel()
	err := s.folder.write(name, func(out io.Writer) error {
		in, err := s.second.Get(ctx, name)
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(io.MultiWriter(out, sum), io.LimitReader(&attentive{ctx, in}, seg.Bytes+1))
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
		if [sha256.Size]byte(sum.Sum(nil)) != seg.SHA256 {
			return errOther
		}
		return putAside(s.path(seg))
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
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
