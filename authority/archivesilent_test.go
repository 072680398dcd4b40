package authority_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority/archive"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
)

// A silentPlace gives nothing while it is silent, as if its packets were dropped.
type silentPlace struct {
	archive.Folder
	silent atomic.Bool
	asked  chan string // the names of files
}

// Get implements archive.Place.
func (p *silentPlace) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if !p.silent.Load() {
		return p.Folder.Get(ctx, name)
	}
	p.asked <- name
	<-ctx.Done()
	return nil, ctx.Err()
}

// names returns what was asked for since it was called last.
func (p *silentPlace) names() (names []string) {
	for len(p.asked) > 0 {
		names = append(names, <-p.asked)
	}
	return names
}

var reads sync.Once

// readOnce reads files outside of any bubble of time, as what unpacks them is made when the first
// is read, and is one for the whole process.
func readOnce(t *testing.T) {
	t.Helper()
	reads.Do(func() { must(t, readAll(t, moved(t))) })
}

// withSilence calls fn with a House whose second place falls silent when both files are lost.
func withSilence(t *testing.T, fn func(t *testing.T, h *authoritytest.House, p *silentPlace)) {
	t.Helper()
	readOnce(t)
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &silentPlace{Folder: archive.Folder(folder), asked: make(chan string, 100)}
		h := moved(t, func(a *archive.Settings) { a.Copy = p })
		p.silent.Store(true)
		must(t, errors.Join(os.Remove(segmentPath(h, 1)), os.Remove(segmentPath(h, 2))))
		fn(t, h, p)
		p.silent.Store(false)
		must(t, h.Archiver().Look(t.Context()))
		must(t, readAll(t, h))
	})
}

// Whoever looks after the files waits once for a second place that is silent, and asks it for
// another file the next time.
func TestArchive_ARoundWaitsOnceForASilentPlace(t *testing.T) {
	rounds := map[string]func(*archive.Archiver, context.Context) error{"look": (*archive.Archiver).Look, "scrub": (*archive.Archiver).Scrub}
	for name, round := range rounds {
		t.Run(name, func(t *testing.T) {
			withSilence(t, func(t *testing.T, h *authoritytest.House, p *silentPlace) {
				for _, want := range []uint64{1, 2, 1} {
					must(t, round(h.Archiver(), t.Context()))
					if got := p.names(); !slices.Equal(got, []string{segment.FileName(want)}) {
						t.Errorf("asked for were %v, want %s", got, segment.FileName(want))
					}
				}
				if bad := badFiles(t, h); len(bad) != 2 {
					t.Errorf("bad are %v, want both", bad)
				}
			})
		})
	}
}

// While the file of a segment is on its way once more, readers are told at once that it is bad.
func TestArchive_NoReaderWaitsForAFileThatIsKnownToBeBad(t *testing.T) {
	withSilence(t, func(t *testing.T, h *authoritytest.House, p *silentPlace) {
		must(t, h.Archiver().Look(t.Context()))
		must(t, h.Archiver().Look(t.Context())) // the second file is asked for
		looked := make(chan error)
		go func() { looked <- h.Archiver().Look(t.Context()) }() // the first again
		synctest.Wait()
		begun := time.Now()
		refusal(t, readAll(t, h), fault.Unavailable, "of the audit log")
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("a reader waited %v", waited)
		}
		must(t, <-looked)
		p.names()
	})
}

// A reader that goes away does not wait for the second place, and what it did not wait for is
// neither told nor believed.
func TestArchive_AReaderThatGoesWaitsForNoSecondPlace(t *testing.T) {
	withSilence(t, func(t *testing.T, h *authoritytest.House, p *silentPlace) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, _, err := h.Events(ctx, root(), audit.Query{Types: []audit.Type{audit.TokenChanged}, Limit: 200})
		if waited := time.Since(begun); err == nil || waited >= 2*time.Second {
			t.Errorf("a reader that was gone after a second waited %v: %v", waited, err)
		}
		time.Sleep(2 * time.Minute) // the file is not on its way any more
	})
}

// Who stops the server does not wait for the second place, and that it was not waited for is not
// told as if something was wrong with files.
func TestArchive_StoppingWaitsForNoSecondPlace(t *testing.T) {
	withSilence(t, func(t *testing.T, h *authoritytest.House, p *silentPlace) {
		h.Start()
		synctest.Wait() // the first file is asked for
		if len(p.names()) != 1 {
			t.Fatal("nobody waits for the second place")
		}
		begun := time.Now()
		must(t, h.Authority.Close(context.Background()))
		if waited := time.Since(begun); waited >= time.Second {
			t.Errorf("stopping waited %v", waited)
		}
		if strings.Contains(h.Log.String(), "cannot be read here") {
			t.Errorf("the log tells of a file that was not waited for")
		}
		p.silent.Store(false)
		h.Reopen()
	})
}

// A hanging place comes back from nothing while it hangs, whatever becomes of the context, as a
// folder of a server that is gone.
type hangingPlace struct {
	archive.Folder
	hangs chan struct{} // closed when it goes on
	asked atomic.Int64
}

func (p *hangingPlace) Put(ctx context.Context, name, path string) error {
	p.asked.Add(1)
	<-p.hangs
	return p.Folder.Put(ctx, name, path)
}

func (p *hangingPlace) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	p.asked.Add(1)
	<-p.hangs
	return p.Folder.Get(ctx, name)
}

// Whatever hangs, a move is given up, as often as it is tried, and the next one brings the file
// there. Few calls hang at a time.
func TestArchive_APlaceThatHangsHoldsUpNothing(t *testing.T) {
	readOnce(t)
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &hangingPlace{Folder: archive.Folder(folder), hangs: make(chan struct{})}
		h := archiving(t, func(a *archive.Settings) { a.Copy = p })
		eventful(t, h)
		signed(t, h)
		h.Clock.Pass(91 * day)
		for n := range 12 {
			begun := time.Now()
			if err := h.Archiver().Move(t.Context()); err == nil || !strings.Contains(err.Error(), "within 3m0s") {
				t.Errorf("try %d: %v", n, err)
			}
			if took := time.Since(begun); took > 4*time.Minute {
				t.Errorf("try %d took %v", n, took)
			}
		}
		if asked := p.asked.Load(); asked > 8 {
			t.Errorf("%d calls hang", asked)
		}
		s, err := h.Archiver().State(t.Context())
		must(t, err)
		if s.CopyFailures != 12 || s.Segments != 0 {
			t.Errorf("the state is %+v", s)
		}
		close(p.hangs)
		synctest.Wait()
		must(t, h.Archiver().Move(t.Context()))
		if s, err = h.Archiver().State(t.Context()); err != nil || s.Segments != 2 || s.Archived != 2 {
			t.Errorf("the state is %+v, %v", s, err)
		}
		must(t, readAll(t, h))
	})
}
