package authority_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// gated builds a House whose changes go through a Gate.
func gated(t testing.TB) (*authoritytest.House, *authoritytest.Gate) {
	t.Helper()
	g := &authoritytest.Gate{}
	return authoritytest.OpenWith(t, authoritytest.Setup{Wrap: g.Wrap}), g
}

// paused begins a change of policy whose sweep does not start before resume is
// called. The change itself is committed when paused returns.
func paused(t *testing.T, h *authoritytest.House, g *authoritytest.Gate, s policy.Security) (resume func()) {
	t.Helper()
	held, done, reached := make(chan struct{}), make(chan error, 1), make(chan struct{}, 100)
	g.Before(func(ctx context.Context) error {
		if !authoritytest.IsMine(ctx) {
			reached <- struct{}{}
			<-held
		}
		return nil
	})
	go func() {
		_, err := h.SetSecurity(authoritytest.Mine(context.Background()), as(root(), setAction), change(s))
		done <- err
	}()
	<-reached
	return func() {
		t.Helper()
		close(held)
		must(t, <-done)
	}
}

func TestAPolicyBindsTokensThatTheSweepHasNotReached(t *testing.T) {
	h, g := gated(t)
	f := filter(t, h, "office", "allow 10.0.0.0/8")
	mine := authoritytest.Mine(t.Context())
	old, oldSecret := h.Token(draft("old"))
	h.Clock.Pass(day)
	young, secret := h.Token(draft("young"))
	s := maximum(day)
	s.FilterID = f
	resume := paused(t, h, g, s)

	verdictFrom(t, h, oldSecret, office, policy.Expired)
	verdict(t, h, secret, policy.Filtered)
	verdictFrom(t, h, secret, office, policy.Accepted)
	if shown(t, h, young.ID).FilterID != "" {
		t.Error("the sweep has been there already")
	}
	_, _, err := h.RotateToken(mine, as(root(), "rotateToken"), old.ID, 0)
	refusal(t, err, fault.NotFound, "no token")
	next, _, err := h.RotateToken(mine, as(root(), "rotateToken"), young.ID, time.Hour.Milliseconds())
	must(t, err)
	if next.FilterID != f || next.ExpireAt != young.CreatedAt.Add(day) {
		t.Errorf("rotated before the sweep: %+v", next)
	}
	resume()
	if listed(h, old.ID) || shown(t, h, young.ID).FilterID != f {
		t.Error("the sweep did not end")
	}
}

func TestWhatTheSweepStillHasToDoIsNotDoneInSilence(t *testing.T) {
	h, g := gated(t)
	s := maximum(day)
	s.AllowUpdates = true
	v, secret := h.Token(draft("x"))
	resume := paused(t, h, g, s)
	must(t, h.UpdatePermissions(authoritytest.Mine(t.Context()), as(root(), "update"), v.ID, cluster))
	if actor, _ := h.Verify(secret, here); actor.Permissions != cluster || actor.ExpireAt != v.CreatedAt.Add(day) {
		t.Errorf("the actor is %+v", actor)
	}
	resume()
	got := []string{}
	for _, e := range about(t, h, v.ID) {
		got = append(got, e.Action)
	}
	if diff := cmp.Diff(got, []string{setAction, "update", "createSystemToken"}); diff != "" {
		t.Errorf("entries (-got +want):\n%s", diff)
	}
}

func TestASecondChangeWhileOneRuns_Conflict(t *testing.T) {
	h, g := gated(t)
	h.Token(draft("x"))
	resume := paused(t, h, g, policy.Security{})
	mine := authoritytest.Mine(t.Context())
	_, err := h.SetSecurity(mine, as(root(), setAction), change(policy.Security{Enabled: true}))
	refusal(t, err, fault.Conflict, "still being carried through")
	_, err = h.Impact(mine, root(), change(policy.Security{Enabled: true}), 0, 0)
	refusal(t, err, fault.Conflict, "still being carried through")
	if p, err := h.Progress(mine, root()); err != nil || !p.Running || p.Total != 1 {
		t.Errorf("progress is %+v, %v", p, err)
	}
	resume()
	if p, _ := h.Progress(mine, root()); p.Running {
		t.Errorf("afterwards progress is %+v", p)
	}
	set(t, h, policy.Security{Enabled: true})
}

func TestWhoeverLeavesDuringASweepDoesNotStopIt(t *testing.T) {
	h, g := gated(t)
	v, _ := h.Token(draft("x"))
	held := make(chan struct{})
	g.Before(func(ctx context.Context) error {
		if !authoritytest.IsMine(ctx) {
			<-held
		}
		return nil
	})
	ctx, leave := context.WithCancel(authoritytest.Mine(t.Context()))
	g.After(func(context.Context) error { leave(); return nil })
	_, err := h.SetSecurity(ctx, as(root(), setAction), change(policy.Security{}))
	refusal(t, err, fault.Unavailable, "goes on by itself")
	close(held)
	for listed(h, v.ID) {
		time.Sleep(time.Millisecond)
	}
}

// crash begins a change of policy whose store fails after some batches of the
// sweep, and lets the server go down.
func crash(t *testing.T, h *authoritytest.House, g *authoritytest.Gate, s policy.Security, batches int64) {
	t.Helper()
	var left atomic.Int64
	left.Store(batches)
	g.Before(func(ctx context.Context) error {
		if !authoritytest.IsMine(ctx) && left.Add(-1) < 0 {
			return store.ErrClosed
		}
		return nil
	})
	_, err := h.SetSecurity(authoritytest.Mine(t.Context()), as(root(), setAction), change(s))
	refusal(t, err, fault.Unavailable, "bind from now on")
	h.Close()
}

func TestACrashInTheMiddleOfASweep_EverythingIsDoneBeforeOpenReturns(t *testing.T) {
	const n = 3*authority.SweepBatch + 7
	for _, batches := range []int64{0, 1, 3} {
		h, g := gated(t)
		ids := seed(t, h, n, func(int, *token.Token) {})
		crash(t, h, g, policy.Security{}, batches)
		must(t, h.TryOpen())
		if got := len(h.All()); got != 0 {
			t.Errorf("after %d batches and a restart %d tokens are left", batches, got)
		}
		if p, err := h.Progress(t.Context(), root()); err != nil || p.Running {
			t.Errorf("progress is %+v, %v", p, err)
		}
		oneEntryEach(t, h, ids)
	}
}

// oneEntryEach fails the test unless each token has exactly one entry beside
// that of the change itself.
func oneEntryEach(t *testing.T, h *authoritytest.House, ids []token.ID) {
	t.Helper()
	seen := map[string]int{}
	for _, e := range h.Trail() {
		seen[e.TokenID]++
	}
	if seen[""] != 1 || len(seen) != len(ids)+1 {
		t.Errorf("%d changes of policy, entries about %d tokens, want 1 and %d", seen[""], len(seen)-1, len(ids))
	}
	for _, id := range ids {
		if seen[string(id)] != 1 {
			t.Fatalf("%d entries about %s, want 1", seen[string(id)], id)
		}
	}
}

func TestACrashInTheMiddleOfASweep_CappingGoesOnWhereItStopped(t *testing.T) {
	h, g := gated(t)
	ids := seed(t, h, 2*authority.SweepBatch, func(int, *token.Token) {})
	crash(t, h, g, maximum(day), 1)
	must(t, h.TryOpen())
	for _, v := range h.All() {
		if v.ExpireAt != v.CreatedAt.Add(day) {
			t.Fatalf("%s expires at %v", v.ID, v.ExpireAt)
		}
	}
	oneEntryEach(t, h, ids)
}

func TestASweepThatCouldNotEndIsTakenUpByTheHousekeeping(t *testing.T) {
	h, g := gated(t)
	v, _ := h.Token(draft("x"))
	g.Before(func(ctx context.Context) error {
		if authoritytest.IsMine(ctx) {
			return nil
		}
		return store.ErrFull
	})
	_, err := h.SetSecurity(authoritytest.Mine(t.Context()), as(root(), setAction), change(policy.Security{}))
	refusal(t, err, fault.Unavailable, "bind from now on")
	g.Before(nil)
	h.Round(t.Context())
	if listed(h, v.ID) {
		t.Error("it is still there")
	}
}

// The change of the second is committed after the last batch of the first's
// sweep, but before that sweep has said that it is over.
func TestWhoeverSetsAPolicyFindsItDoneOnReturn(t *testing.T) {
	h, g := gated(t)
	v, _ := h.Token(draft("x"))
	one, two := filter(t, h, "one", "allow all"), filter(t, h, "two", "allow all")
	mine := authoritytest.Mine(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	var once sync.Once
	g.After(func(ctx context.Context) error {
		if authoritytest.IsMine(ctx) {
			return nil
		}
		once.Do(func() {
			go func() { second <- enforce(mine, h, two) }()
			for p, _ := h.Policies(root()); p.System.FilterID != two; p, _ = h.Policies(root()) {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(10 * time.Millisecond) // it joins the sweep that is about to end
		})
		return nil
	})
	go func() { first <- enforce(mine, h, one) }()
	must(t, <-first)
	must(t, <-second)
	if got := shown(t, h, v.ID).FilterID; got != two {
		t.Errorf("the second change returned before the token had its filter")
	}
}

func enforce(ctx context.Context, h *authoritytest.House, id ipfilter.ID) error {
	_, err := h.SetSecurity(ctx, as(root(), setAction), change(policy.Security{Enabled: true, FilterID: id}))
	return err
}
