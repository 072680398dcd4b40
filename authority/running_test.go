package authority_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// inFakeTime opens a House inside a bubble, in which time passes only when
// everybody waits. Its store has a clock of its own, and writes counts.
func inFakeTime(t *testing.T, writes *atomic.Int64) *authoritytest.House {
	t.Helper()
	g := new(authoritytest.Gate)
	h := authoritytest.OpenWith(t, authoritytest.Setup{
		Wrap: func(db store.DB) store.DB {
			wrapped := g.Wrap(db)
			g.Before(func(context.Context) error { writes.Add(1); return nil })
			return wrapped
		},
		Options: func(o *authority.Options) { o.Now, o.Steady = time.Now, nil },
		Store:   func(o *bolt.Options) { o.Now = time.Now },
	})
	h.Start()
	return h
}

func TestCheckpoint_ComesTenSecondsAfterAnEntryAndNotWithoutOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := inFakeTime(t, new(atomic.Int64))
		size := func() uint64 {
			t.Helper()
			synctest.Wait()
			size, _ := h.Newest()
			return size
		}
		for n := uint64(1); n <= 3; n++ {
			h.Token(draft("x"))
			time.Sleep(10*time.Second - time.Millisecond)
			if got := size(); got != n-1 {
				t.Errorf("before 10 seconds have passed the checkpoint covers %d entries, want %d", got, n-1)
			}
			time.Sleep(time.Millisecond)
			if got := size(); got != n {
				t.Errorf("after 10 seconds the checkpoint covers %d entries, want %d", got, n)
			}
		}
		_, before := h.Newest()
		time.Sleep(time.Minute)
		if _, after := h.Newest(); after != before {
			t.Error("without a new entry there is a new checkpoint")
		}
		h.Close()
	})
}

func TestLastUsed_OfABusyTokenIsTwoWritesAMinuteAndTrueToAMinuteAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int64
		h := inFakeTime(t, &writes)
		v, secret := h.Token(draft("busy"))
		time.Sleep(5 * time.Minute)
		const minutes, uses = 3, 20_000
		writes.Store(0)
		for range minutes * uses {
			if _, outcome := h.Verify(secret, here); outcome != policy.Accepted {
				t.Fatal(outcome)
			}
			time.Sleep(time.Minute / uses)
		}
		synctest.Wait()
		if n := writes.Load(); n > 2*minutes {
			t.Errorf("%d writes for %d uses in each of %d minutes, want at most 2 a minute", n, uses, minutes)
		}
		for range uses / 2 { // a crash between two rounds
			h.Verify(secret, here)
			time.Sleep(time.Minute / uses)
		}
		used := time.Now().UnixMilli()
		gone := h.Authority
		h.Crash()
		_ = gone.Close(context.Background()) // ends what ran; it can write nothing any more
		must(t, h.TryOpen())
		got, err := h.Authority.Token(root(), v.ID)
		must(t, err)
		if at := int64(got.LastUsedAt); at < used-60_000 || at > used {
			t.Errorf("after a crash it was last used %d ms before it was", used-at)
		}
		t.Logf("%d writes for %d uses; after a crash %d ms are missing", writes.Load(), minutes*uses, used-int64(got.LastUsedAt))
		h.Close()
	})
}
