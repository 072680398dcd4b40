package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// A history is what one client did, change by change, with nothing else
// changing tokens meanwhile.
type history struct {
	ids []string // of the tokens that are there now, sorted
	all []string // the ids after so many changes, each in one text; no two are the same
}

func (h *history) note() { h.all = append(h.all, strings.Join(h.ids, " ")) }

func (h *history) change(gone, come string) {
	h.ids = slices.DeleteFunc(h.ids, func(id string) bool { return id == gone })
	if come != "" {
		h.ids = append(h.ids, id(come))
	}
	slices.Sort(h.ids)
	h.note()
}

// go4 makes four changes: two tokens come, one is rotated and one deleted.
func (h *history) go4(a *api, name string) error {
	first, err := a.create(name + "a")
	if err != nil {
		return err
	}
	h.change("", first)
	second, err := a.create(name + "b")
	if err != nil {
		return err
	}
	h.change("", second)
	next, err := a.rotate(id(first))
	if err != nil {
		return err
	}
	h.change(id(first), next)
	if err := a.delete(id(second)); err != nil {
		return err
	}
	h.change(id(second), "")
	return nil
}

// TestEveryCrashStateOfACompactionIsSound records a server that is changed
// while its store is compacted again and again, and makes what a crash could
// have left: of each file nothing, all, or any part of what was written since
// it was synced, and of the folder any part of what was changed in it since
// that was synced. A start finds in each a sound store with all that was
// acknowledged.
func TestEveryCrashStateOfACompactionIsSound(t *testing.T) {
	need(t, "strace")
	p := newPlace(t, "")
	before, calls, h := recordCompactions(t, p, rounds(6, 30))
	for _, c := range []struct {
		name  string
		as    durability
		want  int
		sound bool
	}{
		{"as it was recorded", durability{}, rounds(10_000, 100_000), true},
		{"as if the new file were never synced before it takes the name", durability{noFile: true}, 1500, false},
		{"as if the folder were never synced", durability{noFolder: true}, 1500, false},
	} {
		began := time.Now()
		x := exploreFolder(t, p, before, calls, h, c.as, c.want)
		if c.sound != (x.bad == 0) {
			t.Errorf("%s, %d of %d crash states are bad; the first: %v", c.name, x.bad, x.count, x.first)
		}
		if x.exchanges == 0 || x.acked != len(h.all)-1 {
			t.Errorf("the record has %d exchanges and %d answers, want %d", x.exchanges, x.acked, len(h.all)-1)
		}
		t.Logf("%s: %d crash states of %d calls in %.1f s, in %d of them the store may be either file, %d bad; %d exchanges, %d changes",
			c.name, x.count, len(calls), time.Since(began).Seconds(), x.between, x.bad, x.exchanges, x.acked)
	}
}

// recordCompactions returns the store as it was before a server was recorded,
// and what that did while it was changed and compacted so many times.
func recordCompactions(t *testing.T, p *place, times int) (before []byte, calls []call, h *history) {
	t.Helper()
	h = &history{}
	s := p.start(t)
	for n := range 20 {
		secret, err := p.api(s).create(fmt.Sprint("before ", n))
		must(t, err)
		h.ids = append(h.ids, id(secret))
	}
	s.kill()
	slices.Sort(h.ids)
	h.note()
	before, err := os.ReadFile(boltfile.Path(p.data))
	must(t, err)
	trace := filepath.Join(t.TempDir(), "trace")
	p.wrap = []string{
		"strace", "-f", "-qq", "-y", "-xx", "-s", "400000", "-o", trace,
		"-e", "trace=openat,pwrite64,write,fdatasync,fsync,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat",
	}
	s = p.start(t)
	p.wrap = nil
	compacted := make(chan string, 1)
	go func() {
		for range times {
			if out, code := p.run(t, "compact"); code != 0 {
				compacted <- out
				return
			}
		}
		compacted <- ""
	}()
	a, n := p.api(s), 0
	for end := ""; ; n++ {
		must(t, h.go4(a, fmt.Sprint(n)))
		select {
		case end = <-compacted:
		default:
			continue
		}
		if end != "" {
			t.Fatalf("compact: %s", end)
		}
		break
	}
	must(t, h.go4(a, "in the end"))
	for range 3 { // the last answer must have been recorded before strace is killed, too
		_, err = a.status("/readyz", "")
		must(t, err)
	}
	s.kill()
	return before, parseCalls(t, trace, p.data), h
}
