package app

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tokenscale/policy"
)

func TestKnocksAreAllToldOf(t *testing.T) {
	told := 0
	k := newKnocks(func(context.Context, policy.Actor, policy.Outcome) { told++ })
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for range 2 * waiting {
				k.tell(t.Context(), policy.Actor{}, policy.Unknown)
			}
		})
	}
	clients.Wait()
	if err := k.close(t.Context()); err != nil || told != 8*waiting {
		t.Errorf("close = %v after %d, want nil after %d", err, told, 8*waiting)
	}
	k.tell(t.Context(), policy.Actor{}, policy.Unknown) // nobody listens, and nobody waits
}

// A client must not be able to tell from the time why it was refused, so it
// does not wait for the disk.
func TestKnocksDoNotWaitForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKnocks(func(context.Context, policy.Actor, policy.Outcome) { time.Sleep(time.Second) })
		began := time.Now()
		k.tell(t.Context(), policy.Actor{}, policy.Unknown)
		k.tell(t.Context(), policy.Actor{}, policy.Wrong)
		if took := time.Since(began); took != 0 {
			t.Errorf("telling took %v, want no time", took)
		}
		if err := k.close(t.Context()); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("close = %v after %v, want nil after 2s", err, time.Since(began))
		}
	})
}
