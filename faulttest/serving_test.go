package faulttest

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tokenscale/store/bolt/boltfile"
)

// A compacting runs compact again and again, on a server or without one.
type compacting struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	over  bool
	ended int // runs that went well
	all   sync.WaitGroup
}

// compacts begins it.
func (p *place) compacts() *compacting {
	c := &compacting{}
	c.all.Go(func() {
		for c.begin(p) {
			if c.cmd.Wait() == nil {
				c.ended++
			}
		}
	})
	return c
}

func (c *compacting) begin(p *place) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cmd = p.command("compact")
	return !c.over && c.cmd.Start() == nil
}

// end kills the command and returns how many runs went well.
func (c *compacting) end() int {
	c.mu.Lock()
	c.over = true
	if c.cmd != nil && c.cmd.Process != nil {
		_ = c.cmd.Process.Kill() // it may have ended
	}
	c.mu.Unlock()
	c.all.Wait()
	return c.ended
}

// sampled makes a store of some thousand tokens, all of which k knows.
func sampled(t *testing.T, p *place, k *known) {
	t.Helper()
	alive, dead := rotationSample(t, p)
	for _, secret := range append(alive, dead) {
		k.learn([]record{{Op: "create", Token: secret}})
	}
	k.learn([]record{{Op: "delete", ID: id(dead)}})
}

// halfway reports whether a compaction is, or was, under way in p.
func halfway(p *place) bool {
	_, err := os.Stat(boltfile.CompactPath(p.data))
	return err == nil
}

// exchanged reports whether another file than old is the store of p.
func (p *place) exchanged(old os.FileInfo) bool {
	info, err := os.Stat(boltfile.Path(p.data))
	return err == nil && !os.SameFile(info, old)
}

// TestAServerKilledWhileItCompactsLosesNothing kills a server at random
// moments, while it is changed and compacts its store again and again. Each
// start afterwards goes well, and nothing that was acknowledged is missing.
func TestAServerKilledWhileItCompactsLosesNothing(t *testing.T) {
	p, w, k := newPlace(t, ""), newWitness(t), newKnown()
	sampled(t, p, k)
	s := p.start(t)
	w.run(p, s)
	began := time.Now()
	if out, code := p.run(t, "compact"); code != 0 {
		t.Fatalf("under load compact ended with %d: %s", code, out)
	}
	whole := time.Since(began)
	s.kill()
	k.learn(w.stop(t))
	kills, done, cutOff := rounds(20, 1000), 0, 0
	for range kills {
		s := p.start(t)
		if halfway(p) {
			t.Fatal("a start leaves what a killed compaction left")
		}
		w.run(p, s)
		c := p.compacts()
		time.Sleep(time.Duration(rand.Int64N(int64(2 * whole))))
		s.kill()
		if halfway(p) {
			cutOff++
		}
		done += c.end()
		k.learn(w.stop(t))
		k.report(t, "after a kill", k.judge(p))
	}
	t.Logf("%d kills while a compaction was done in %.2f s: %d were done, %d cut off; %d changes acknowledged, 0 lost", kills, whole.Seconds(), done, cutOff, k.acked)
	if done == 0 || cutOff == 0 {
		t.Error("the kills did not come before, during and after compactions")
	}
}

// TestPowerCutsWhileAServerCompactsLoseNothing does the same to the disk.
func TestPowerCutsWhileAServerCompactsLoseNothing(t *testing.T) {
	disk := newDisk(t, "ext4", 64, "commit=1000")
	p, w, k := newPlace(t, filepath.Join(disk.at, "data")), newWitness(t), newKnown()
	sampled(t, p, k)
	cuts, done, cutOff := rounds(6, 300), 0, 0
	for n := range cuts {
		s := p.start(t)
		w.run(p, s)
		old, err := os.Stat(boltfile.Path(p.data))
		must(t, err)
		c := p.compacts()
		for until := time.Now().Add(20 * time.Second); n%2 == 0 && !p.exchanged(old) && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		if err := disk.cut(); err != nil {
			t.Skipf("SKIPPED: this kernel cannot cut a file system off: %v", err)
		}
		if halfway(p) {
			cutOff++
		}
		s.kill()
		done += c.end()
		k.learn(w.stop(t))
		must(t, disk.again())
		k.report(t, "after a cut", k.judge(p))
	}
	t.Logf("%d cuts: %d compactions were done, %d were under way; %d changes acknowledged, 0 lost", cuts, done, cutOff, k.acked)
	if done == 0 {
		t.Error("no compaction was done")
	}
}

// TestAServerStoppedWhileItCompactsEndsInOrder asks a server to stop in the
// middle: it waits for no more than a step of the compaction, and leaves nothing of it.
func TestAServerStoppedWhileItCompactsEndsInOrder(t *testing.T) {
	p, k := newPlace(t, ""), newKnown()
	sampled(t, p, k)
	met := 0
	for n := 0; n < rounds(4, 100) || met == 0 && n < 50; n++ {
		s := p.start(t)
		cmd := p.command("compact")
		must(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for !halfway(p) && len(ended) == 0 {
		}
		if halfway(p) {
			met++
		}
		code := s.stop(t)
		if halfway(p) {
			t.Error("a server that was stopped leaves half a compaction")
		}
		<-ended // well or not: the compaction may have been done just before
		if code != 0 {
			t.Fatalf("it ended with %d:\n%s", code, s.out)
		}
		k.report(t, "after a stop", k.judge(p))
	}
	if met == 0 {
		t.Error("no stop came in the middle of a compaction")
	}
}

// TestADiskTooSmallForASecondFileIsToldBeforehand compacts where there is no
// room for it, and where what room there is goes while the copy is made. Both
// times the server goes on with the file it has.
func TestADiskTooSmallForASecondFileIsToldBeforehand(t *testing.T) {
	at := mountTmpfs(t, "9m")
	p, k := newPlace(t, filepath.Join(at, "data")), newKnown()
	sampled(t, p, k)
	s := p.start(t)
	a, filler := p.api(s), filepath.Join(at, "filler")
	goesOn := func(when string) {
		t.Helper()
		if halfway(p) {
			t.Errorf("%s: the half file is there", when)
		}
		secret, err := a.create(when)
		if err != nil {
			t.Fatalf("%s: creating fails: %v", when, err)
		}
		k.learn([]record{{Op: "create", Token: secret}})
		if !a.accepts(t, secret) {
			t.Errorf("%s: the new token is refused", when)
		}
	}
	out, code := p.run(t, "compact")
	if code != 1 || !strings.Contains(out, "the store is as it was") || !strings.Contains(out, "no space for a new file") {
		t.Errorf("without room: %d, %s", code, out)
	}
	goesOn("without room")
	must(t, unix.Mount("tmpfs", at, "tmpfs", unix.MS_REMOUNT, "size=32m"))
	full := 0
	for n := 0; n < rounds(5, 50) || full == 0 && n < 100; n++ {
		cmd := p.command("compact")
		said := &output{}
		cmd.Stderr = said
		must(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for !halfway(p) && space(t, at) > 0 && len(ended) == 0 { // it may be over before we look
		}
		_ = fill(filler, space(t, at)-64<<10) // the copy may take it first
		if <-ended != nil {
			if !strings.Contains(said.String(), "no space left on device") && !strings.Contains(said.String(), "no space") {
				t.Errorf("on a full disk it says %s", said)
			}
			full++
		}
		must(t, os.Remove(filler))
		goesOn("when the disk was full")
	}
	if full == 0 {
		t.Error("no compaction met a full disk")
	}
	if out, code := p.run(t, "compact"); code != 0 {
		t.Errorf("with room: %d, %s", code, out)
	}
	goesOn("with room")
	s.kill()
	k.report(t, "after all", k.judge(p))
	t.Logf("%d compactions met a full disk", full)
}

// space returns how many bytes are free on a file system.
func space(t *testing.T, at string) int64 {
	t.Helper()
	var s unix.Statfs_t
	must(t, unix.Statfs(at, &s))
	return int64(s.Bavail) * s.Bsize
}
