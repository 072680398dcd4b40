package faulttest

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestAStarvedServerIsSlowAndNeverWrong gives a server a twentieth of a
// processor while clients change and use tokens. A token whose deletion was
// answered is refused from then on, readiness is told, and a stop loses
// nothing.
func TestAStarvedServerIsSlowAndNeverWrong(t *testing.T) {
	g := newCgroup(t, "cpu")
	p, k := newPlace(t, ""), newKnown()
	p.wrap = g.wrap()
	s := p.start(t)
	b := newBusy(p, s)
	b.note(record{Op: "policy", N: 1}, b.api.policy(1))
	g.set("cpu.cfs_period_us", 100_000)
	g.set("cpu.cfs_quota_us", 5_000)
	starved := time.Now()
	var clients sync.WaitGroup
	used, slowest, mu := 0, time.Duration(0), sync.Mutex{}
	for range 4 {
		clients.Go(func() {
			for !closed(b.halt) {
				began := time.Now()
				if err := liveAndDie(b); err != nil {
					t.Errorf("a starved server: %v", err)
					return
				}
				mu.Lock()
				used, slowest = used+1, max(slowest, time.Since(began))
				mu.Unlock()
			}
		})
	}
	time.Sleep(time.Duration(rounds(6, 60)) * time.Second)
	if code, _, err := b.api.get("/readyz", ""); err != nil || code != http.StatusOK {
		t.Errorf("/readyz says %d, %v", code, err)
	}
	close(b.halt)
	clients.Wait()
	b.halt = make(chan struct{})
	asked := time.Now()
	if code := s.stop(t); code != 0 {
		t.Errorf("a starved server ended with %d:\n%s", code, s.out)
	}
	k.learn(b.end(t, 0))
	k.report(t, "after being starved", k.judge(p))
	t.Logf("%d tokens lived and died in %.1f s with 5 %% of a processor, the slowest in %.1f s: 0 accepted when dead; the stop took %.1f s; %d changes acknowledged, 0 lost",
		used, asked.Sub(starved).Seconds(), slowest.Seconds(), time.Since(asked).Seconds(), k.acked)
}

// liveAndDie makes a token, uses it, rotates it and deletes it.
func liveAndDie(b *busy) error {
	first, err := b.api.create("short")
	b.note(record{Op: "create", Token: first}, err)
	if err != nil {
		return err
	}
	second, err := b.api.rotate(id(first))
	b.note(record{Op: "rotate", ID: id(first), Token: second}, err)
	if err != nil {
		return err
	}
	if err := judged(b.api, map[string]int{first: http.StatusUnauthorized, second: http.StatusOK}); err != nil {
		return err
	}
	err = b.api.delete(id(second))
	b.note(record{Op: "delete", ID: id(second)}, err)
	if err != nil {
		return err
	}
	return judged(b.api, map[string]int{first: http.StatusUnauthorized, second: http.StatusUnauthorized})
}

func judged(a *api, want map[string]int) error {
	for secret, status := range want {
		if got, err := a.status("/api/v1/authorize", secret); err != nil || got != status {
			return errors.Join(err, errors.New("a token gets "+http.StatusText(got)+", want "+http.StatusText(status)))
		}
	}
	return nil
}
