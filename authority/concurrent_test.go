package authority_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

func TestTwoWriters_OfOneTokenOnlyOneRotates(t *testing.T) {
	h := authoritytest.Open(t)
	for range 10 {
		v, _ := h.Token(draft("x"))
		var won, lost atomic.Int32
		var work sync.WaitGroup
		for range 4 {
			work.Go(func() {
				_, _, err := h.RotateToken(context.Background(), as(root(), "rotateToken"), v.ID, 1000)
				switch fault.CodeOf(err) {
				case fault.Conflict:
					lost.Add(1)
				default:
					if err == nil {
						won.Add(1)
					}
				}
			})
		}
		work.Wait()
		if won.Load() != 1 || lost.Load() != 3 {
			t.Errorf("%d rotated, %d were refused", won.Load(), lost.Load())
		}
	}
}

func TestTwoWriters_AFilterIsNeverDeletedUnderATokenThatGetsIt(t *testing.T) {
	h := authoritytest.Open(t)
	for range 10 {
		d := draft("x")
		d.FilterID = filter(t, h, "f", "")
		var work sync.WaitGroup
		work.Go(func() { _, _, _ = h.CreateToken(context.Background(), as(root(), "createSystemToken"), d) })
		work.Go(func() { _ = h.DeleteFilter(context.Background(), as(root(), "deleteIPFilter"), d.FilterID) })
		work.Wait()
	}
	if err := h.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestManyWritersAndReaders_EveryChangeIsThereAndInTheTrail(t *testing.T) {
	// The queue is short, so that it is full at times.
	h := authoritytest.OpenWith(t, authoritytest.Setup{Store: func(o *bolt.Options) { o.QueueLength = 2 }})
	h.Start()
	var work sync.WaitGroup
	for i := range 16 {
		work.Go(func() {
			for n := range 10 {
				v, secret, err := h.CreateToken(context.Background(), as(root(), "createSystemToken"), draft(fmt.Sprint(i, n)))
				if err != nil {
					t.Error(err)
					return
				}
				verdict(t, h, secret.Reveal(), policy.Accepted)
				if n%2 == 0 {
					if err := h.DeleteToken(context.Background(), as(root(), "deleteToken"), v.ID); err != nil {
						t.Error(err)
					}
					verdict(t, h, secret.Reveal(), policy.Unknown)
				}
			}
		})
	}
	work.Wait()
	if got := len(h.All()); got != 80 {
		t.Errorf("%d tokens, want 80", got)
	}
}

func TestACancelledRequest_ChangesNothingOrEverything(t *testing.T) {
	h := authoritytest.Open(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := h.CreateToken(gone, as(root(), "createSystemToken"), draft("x"))
	refusal(t, err, fault.Unavailable, "nothing was changed")
	if len(h.All()) != 0 || len(h.Trail()) != 0 {
		t.Error("something was changed")
	}
	made := map[token.ID]bool{}
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if v, _, err := h.CreateToken(ctx, as(root(), "createSystemToken"), draft("x")); err == nil {
			made[v.ID] = true
		}
	}
	for _, v := range h.All() {
		if !made[v.ID] {
			t.Errorf("%s is there, and its caller was told that it is not", v.ID)
		}
		delete(made, v.ID)
	}
	if len(made) > 0 {
		t.Errorf("%d tokens are not there whose callers were told so", len(made))
	}
}

func TestRevokedIsRevoked_NobodyUsesATokenAfterItsDeletionHasReturned(t *testing.T) {
	h := authoritytest.Open(t)
	for range 20 {
		v, secret := h.Token(draft("x"))
		var dead atomic.Bool
		var work sync.WaitGroup
		for range 2 {
			work.Go(func() {
				for {
					was := dead.Load()
					_, outcome := h.Verify(secret, here)
					if was && outcome == policy.Accepted {
						t.Error("accepted after its deletion")
					}
					if was {
						return
					}
				}
			})
		}
		must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
		dead.Store(true)
		work.Wait()
	}
}
