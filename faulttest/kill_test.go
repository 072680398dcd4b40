package faulttest

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// TestKilledServersLoseNothing kills a server at random moments, while it
// starts and while it is changed, and holds each time what it left against
// what it acknowledged. The long version does so with one store after another:
// each verdict replays the whole audit log.
func TestKilledServersLoseNothing(t *testing.T) {
	began := time.Now()
	var sum killCount
	for range rounds(1, 25) {
		sum.killOften(t, 200)
	}
	t.Logf("%d kills (%d during the start) in %.1f s: %d changes acknowledged (%d tokens revoked), 0 lost, 0 revived; %d in doubt, of which %d are there",
		sum.kills, sum.early, time.Since(began).Seconds(), sum.acked, sum.revoked, sum.doubts, sum.extra)
}

// A killCount counts what was done to servers, and what they had acknowledged.
type killCount struct{ kills, early, acked, revoked, doubts, extra int }

// killOften kills the server of a new store n times.
func (sum *killCount) killOften(t *testing.T, n int) {
	t.Helper()
	p, w, k := newPlace(t, ""), newWitness(t), newKnown()
	for i := range n {
		sum.kills++
		s := p.launch(t)
		if i > 0 && rand.IntN(10) == 0 {
			sum.early++
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			s.kill()
		} else {
			if !s.listens(20 * time.Second) {
				t.Fatalf("after %d kills the server does not start: %v\n%s", i, s.err, s.out)
			}
			w.run(p, s)
			time.Sleep(time.Duration(5+rand.IntN(80)) * time.Millisecond)
			s.kill()
			k.learn(w.stop(t))
		}
		k.report(t, "after a kill", k.judge(p))
	}
	sum.acked, sum.revoked = sum.acked+k.acked, sum.revoked+k.revoked
	sum.doubts, sum.extra = sum.doubts+k.doubts, sum.extra+k.extra
}

// TestTheVerdictSeesAnOlderStore is the control: a store that lost its last
// changes must not pass.
func TestTheVerdictSeesAnOlderStore(t *testing.T) {
	p, w, k := newPlace(t, ""), newWitness(t), newKnown()
	var older []byte
	for range 2 {
		var err error
		older, err = os.ReadFile(boltfile.Path(p.data))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		s := p.start(t)
		w.run(p, s)
		time.Sleep(300 * time.Millisecond)
		s.kill()
		k.learn(w.stop(t))
	}
	if err := os.WriteFile(boltfile.Path(p.data), older, 0o600); err != nil {
		t.Fatal(err)
	}
	o := k.judge(p)
	if o.lost == 0 || o.revived == 0 {
		t.Errorf("in an older store %d changes are lost and %d tokens revived, want some of each (%v)", o.lost, o.revived, o.unsound)
	}
	if s := p.launch(t); s.listens(10 * time.Second) {
		t.Error("a server starts on an older store")
	}
}
