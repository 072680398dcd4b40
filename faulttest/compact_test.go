package faulttest

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// TestAKilledCompactionLeavesAWholeStore kills compact at random moments. Each
// time the server starts from the old file or the new one, with all tokens.
func TestAKilledCompactionLeavesAWholeStore(t *testing.T) {
	p := newPlace(t, "")
	alive, dead := rotationSample(t, p)
	old, err := os.Stat(boltfile.Path(p.data))
	must(t, err)
	began := time.Now()
	if out, code := p.run(t, "compact"); code != 0 {
		t.Fatalf("compact ended with %d: %s", code, out)
	}
	whole := time.Since(began)
	short, err := os.Stat(boltfile.Path(p.data))
	must(t, err)
	replaced, n := 0, rounds(20, 400)
	for i := range n {
		before, err := os.Stat(boltfile.Path(p.data))
		must(t, err)
		killedWithin(t, p, whole*3/2, "compact")
		after, err := os.Stat(boltfile.Path(p.data))
		must(t, err)
		if !os.SameFile(before, after) {
			replaced++
		}
		s := p.start(t)
		p.api(s).knows(t, alive, dead, i)
		s.kill()
	}
	if out, code := p.run(t, "compact"); code != 0 {
		t.Errorf("in the end compact says %s", out)
	}
	if out, code := p.run(t, "doctor"); code != 0 {
		t.Errorf("in the end the doctor says %s", out)
	}
	t.Logf("%.1f MiB became %.1f; %d kills of a command that takes %.2f s: the new file was in place after %d", mib(old.Size()), mib(short.Size()), n, whole.Seconds(), replaced)
}

// knows fails unless some of the tokens that are alive are accepted, and a
// deleted one is not.
func (a *api) knows(t *testing.T, alive []string, dead string, kills int) {
	t.Helper()
	for range 5 {
		if secret := alive[rand.IntN(len(alive))]; !a.accepts(t, secret) {
			t.Fatalf("after %d kills the token %s is refused", kills, id(secret))
		}
	}
	if a.accepts(t, dead) {
		t.Fatalf("after %d kills a deleted token is accepted", kills)
	}
}
