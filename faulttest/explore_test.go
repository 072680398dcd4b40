package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// The explorer records what a server writes and when it waits for the disk,
// and then makes from the record the states that a crash could have left: of
// what was written since the last sync nothing, everything, or any part of it,
// whole or torn at sectors of 512 bytes. Each state must be sound, and must
// have every change that was acknowledged by then.

// A step is one thing a server did to its file.
type step struct {
	kind    string // write, length, sync, name, ack
	off     int64
	data    []byte
	shorter bool // the length may be less than it was
}

// A recording is what a server did, on top of the file as it was.
type recording struct {
	before []byte
	steps  []step
}

const sector = 512

// workloads are what the server is asked to do while it is recorded. All but
// the first begin with a store of some tokens. Changes come one by one unless
// crowd is set; only then can each be held against the moment of its answer.
var workloads = map[string]struct {
	fresh, crowd bool
	changes      int
}{
	"the first start":         {fresh: true, changes: 12},
	"changes one by one":      {changes: 60},
	"changes of many at once": {crowd: true, changes: 30},
}

func TestEveryCrashStateIsSound(t *testing.T) {
	need(t, "strace")
	for name, w := range workloads {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, "")
			r := recordServer(t, p, w.fresh, w.crowd, w.changes)
			began := time.Now()
			states, bad := explore(t, p, r, !w.crowd, true, rounds(9000, 100_000))
			if bad > 0 {
				t.Errorf("%d of %d crash states are bad", bad, states)
			}
			t.Logf("%d crash states of %d steps in %.1f s, %d bad", states, len(r.steps), time.Since(began).Seconds(), bad)
			if name == "changes one by one" {
				control(t, p, r)
			}
		})
	}
}

// control explores the same record as if the server had never waited for the
// disk.
func control(t *testing.T, p *place, r recording) {
	t.Helper()
	states, bad := explore(t, p, r, true, false, 1000)
	if bad*10 < states*3 {
		t.Errorf("without syncs %d of %d crash states are bad, want at least 30 %%", bad, states)
	}
	t.Logf("without syncs, %d of %d are bad", bad, states)
}

// recordServer records a server. Its place has a store afterwards.
func recordServer(t *testing.T, p *place, fresh, crowd bool, changes int) recording {
	t.Helper()
	var r recording
	if !fresh {
		s := p.start(t)
		for n := range 40 {
			_, err := p.api(s).create(fmt.Sprint("before ", n))
			must(t, err)
		}
		s.kill()
		var err error
		r.before, err = os.ReadFile(boltfile.Path(p.data))
		must(t, err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	p.wrap = []string{
		"strace", "-f", "-qq", "-y", "-xx", "-s", "400000", "-o", trace,
		"-e", "trace=pwrite64,write,fdatasync,fsync,ftruncate,fallocate,rename,renameat,renameat2",
	}
	s := p.launch(t)
	if !s.listens(30 * time.Second) {
		t.Fatalf("the recorded server does not start: %v\n%s", s.err, s.out)
	}
	a := p.api(s)
	if crowd {
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { change(t, a, changes) })
		}
		all.Wait()
	} else {
		change(t, a, changes)
	}
	s.kill()
	r.steps = parseTrace(t, trace)
	return r
}

// change makes, rotates and deletes tokens, one after the other.
func change(t *testing.T, a *api, changes int) {
	var last string
	for n := range changes {
		var err error
		switch n % 3 {
		case 0:
			last, err = a.create(fmt.Sprint("change ", n))
		case 1:
			last, err = a.rotate(id(last))
		default:
			err = a.delete(id(last))
		}
		if err != nil {
			t.Errorf("change %d: %v", n, err)
			return
		}
	}
}
