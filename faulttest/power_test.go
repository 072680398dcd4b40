package faulttest

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestPowerCutsLoseNothing takes the power from the disk of a server, again
// and again, while it is changed. The record beside the key file lies on
// another disk, which keeps all it was given: so these cuts also show that
// the record is never ahead of the store.
func TestPowerCutsLoseNothing(t *testing.T) {
	for _, d := range []struct {
		kind, options string
		mib, cuts     int
	}{
		{"ext4", "commit=1", 64, rounds(17, 170)},
		{"ext4", "commit=5", 64, rounds(17, 170)},
		{"ext4", "commit=1000", 64, rounds(16, 160)},
		{"xfs", "", 320, rounds(20, 200)},
	} {
		t.Run(d.kind+" "+d.options, func(t *testing.T) {
			disk := newDisk(t, d.kind, d.mib, d.options)
			k, bad := cutRepeatedly(t, disk, nil, d.cuts)
			if bad > 0 {
				t.Errorf("%d of %d cuts did harm", bad, d.cuts)
			}
			t.Logf("%d cuts: %d changes acknowledged, 0 lost", d.cuts, k.acked)
		})
	}
}

// TestPowerCutsHurtWithoutSyncs is the control: the same server, but its syncs
// are swallowed on their way to the kernel. The test must notice.
func TestPowerCutsHurtWithoutSyncs(t *testing.T) {
	need(t, "strace")
	disk := newDisk(t, "ext4", 64, "commit=1000")
	swallow := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:retval=0"}
	_, bad := cutRepeatedly(t, disk, swallow, 3)
	if bad == 0 {
		t.Error("no cut did harm although nothing was synced")
	}
	t.Logf("%d of 3 cuts did harm", bad)
}

// cutRepeatedly cuts the power of the disk under a server and returns how many
// cuts did harm. After one that did, it goes on in a new folder.
func cutRepeatedly(t *testing.T, disk *disk, wrap []string, cuts int) (k *known, bad int) {
	t.Helper()
	fresh := func(n int) (*place, *known, *witness) {
		p := newPlace(t, filepath.Join(disk.at, "data"+string(rune('a'+n))))
		p.wrap = wrap
		return p, newKnown(), newWitness(t)
	}
	p, k, w := fresh(0)
	for range cuts {
		s := p.launch(t)
		if !s.listens(30 * time.Second) {
			t.Fatalf("the server does not start: %v\n%s", s.err, s.out)
		}
		w.run(p, s)
		time.Sleep(time.Duration(50+rand.IntN(200)) * time.Millisecond)
		if err := disk.cut(); err != nil {
			t.Skipf("SKIPPED: this kernel cannot cut a file system off: %v", err)
		}
		s.kill()
		k.learn(w.stop(t))
		if err := disk.again(); err != nil {
			t.Fatal(err)
		}
		if o := k.judge(p); o.bad() {
			if wrap == nil {
				t.Errorf("after a cut: %v", o)
			}
			bad++
			p, k, w = fresh(bad)
		}
	}
	return k, bad
}

// TestPowerCutsInTheFirstStart cuts the power while there is no store yet, or
// only half of one: the next start must go well.
func TestPowerCutsInTheFirstStart(t *testing.T) {
	disk := newDisk(t, "ext4", 64, "commit=1000")
	for n := range rounds(30, 300) {
		p := newPlace(t, filepath.Join(disk.at, strconv.Itoa(n)))
		s := p.launch(t)
		time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
		if err := disk.cut(); err != nil {
			t.Skipf("SKIPPED: this kernel cannot cut a file system off: %v", err)
		}
		s.kill()
		if err := disk.again(); err != nil {
			t.Fatal(err)
		}
		s = p.launch(t)
		if !s.listens(20 * time.Second) {
			t.Fatalf("after cut %d the server does not start: %v\n%s", n, s.err, s.out)
		}
		s.kill()
		if o := newKnown().judge(p); o.unsound != nil {
			t.Fatalf("after cut %d: %v", n, o.unsound)
		}
		remove(t, p.data)
	}
}
