package faulttest

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"tokenscale/store/bolt"
)

// TestKilledServersLoseNothing kills a server at random moments, while it
// starts and while it is changed, and holds each time what it left against
// what it acknowledged.
func TestKilledServersLoseNothing(t *testing.T) {
	p, w, k := newPlace(t, ""), newWitness(t), newKnown()
	began := time.Now()
	kills, early := rounds(200, 5000), 0
	for n := range kills {
		s := p.launch(t)
		if n > 0 && rand.IntN(10) == 0 {
			early++
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			s.kill()
		} else {
			if !s.listens(20 * time.Second) {
				t.Fatalf("after %d kills the server does not start: %v\n%s", n, s.err, s.out)
			}
			w.run(p, s)
			time.Sleep(time.Duration(5+rand.IntN(80)) * time.Millisecond)
			s.kill()
			k.learn(w.stop(t))
		}
		k.report(t, "after a kill", k.judge(p))
	}
	t.Logf("%d kills (%d during the start) in %.1f s: %d changes acknowledged (%d tokens revoked), 0 lost, 0 revived; %d in doubt, of which %d are there",
		kills, early, time.Since(began).Seconds(), k.acked, k.revoked, k.doubts, k.extra)
}

// TestTheVerdictSeesAnOlderStore is the control: a store that lost its last
// changes must not pass.
func TestTheVerdictSeesAnOlderStore(t *testing.T) {
	p, w, k := newPlace(t, ""), newWitness(t), newKnown()
	var older []byte
	for range 2 {
		var err error
		older, err = os.ReadFile(bolt.Path(p.data))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		s := p.start(t)
		w.run(p, s)
		time.Sleep(300 * time.Millisecond)
		s.kill()
		k.learn(w.stop(t))
	}
	if err := os.WriteFile(bolt.Path(p.data), older, 0o600); err != nil {
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
