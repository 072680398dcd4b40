package authority_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
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

// inOneBatch has all calls wait, in their order, until they can be run together.
func inOneBatch(t *testing.T, h *authoritytest.House, calls ...func()) {
	t.Helper()
	running, held := make(chan struct{}, 1), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := h.DB.Update(context.Background(), func(store.Writer) error {
			running <- struct{}{}
			<-held
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-running
	for n, call := range calls {
		all.Go(call)
		for h.DB.Stats().Queued <= n {
			runtime.Gosched()
		}
	}
	close(held)
	all.Wait()
}

// told returns what the audit log tells of a token, the oldest first: the action, and what it did.
func told(t testing.TB, h *authoritytest.House, id token.ID) []string {
	t.Helper()
	var list []string
	for _, e := range about(t, h, id) {
		line := e.Action
		for _, f := range e.Fields {
			switch {
			case e.Effect == 0:
			case f.Name == "oldPermissions":
				line += " deleted " + strings.Join(f.List, ",")
			case f.Name != "tokenName":
				line += " " + f.Name + " " + f.Value
			}
		}
		list = append(list, line)
	}
	slices.Reverse(list)
	return list
}

func tells(t testing.TB, h *authoritytest.House, id token.ID, want ...string) {
	t.Helper()
	if diff := cmp.Diff(told(t, h, id), want); diff != "" {
		t.Errorf("the audit log about %s (-got +want):\n%s", id, diff)
	}
}

// Each of these is a trap of policies with a history: what somebody would think as well, and what
// it would do. All are looked at before and after a restart, with rows brought up to date and
// without.
func TestTraps(t *testing.T) {
	updates := func(s policy.Security) policy.Security { s.AllowUpdates = true; return s }
	enforce := func(t *testing.T, h *authoritytest.House, text string) policy.Security {
		return policy.Security{Enabled: true, FilterID: filter(t, h, text, text)}
	}
	open := policy.Security{Enabled: true}
	for _, test := range []struct {
		name string
		do   func(t *testing.T, h *authoritytest.House, mend func()) (then func())
	}{
		{"a token made after tokens were forbidden lives: stamps are numbers, not times", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			set(t, h, policy.Security{})
			set(t, h, open)
			mend()
			_, secret := h.Token(draft("x"))
			return func() { verdict(t, h, secret, policy.Accepted) }
		}},
		{"one made before it is dead though tokens are allowed again", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, secret := h.Token(draft("x"))
			set(t, h, policy.Security{})
			mend()
			set(t, h, open)
			return func() {
				verdict(t, h, secret, policy.Unknown)
				tells(t, h, v.ID, "createSystemToken", setAction+" deleted ReadHealthCheck")
			}
		}},
		{"new permissions do not undo what a policy did", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, secret := h.Token(draft("x"))
			set(t, h, updates(maximum(day)))
			mend()
			set(t, h, updates(open))
			must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, cluster))
			return func() {
				if got := shown(t, h, v.ID); got.ExpireAt != v.CreatedAt.Add(day) || got.Permissions != cluster {
					t.Errorf("it is %+v", got)
				}
				verdict(t, h, secret, policy.Accepted)
				tells(t, h, v.ID, "createSystemToken", fmt.Sprint(setAction, " expireAt ", int64(v.CreatedAt.Add(day))), "update")
			}
		}},
		{"the string in its grace period keeps the filter, and so does its successor", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, old := h.Token(draft("x"))
			next, secret := rotate(t, h, v.ID, time.Hour)
			s := enforce(t, h, "allow 10.0.0.0/8")
			set(t, h, updates(s))
			mend()
			must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), next.ID, cluster))
			return func() {
				for _, secret := range []string{old, secret} {
					verdict(t, h, secret, policy.Filtered)
					verdictFrom(t, h, secret, office, policy.Accepted)
				}
				filtered := setAction + " ipFilterId " + string(s.FilterID)
				tells(t, h, v.ID, "createSystemToken", "rotateToken", filtered, "update")
				tells(t, h, next.ID, "rotateToken", filtered, "update")
			}
		}},
		{"a number is never given again, though the tightenings before it were forgotten", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			set(t, h, policy.Security{})
			set(t, h, open)
			v, secret := h.Token(draft("x"))
			mend()
			set(t, h, policy.Security{})
			mend()
			set(t, h, open)
			return func() {
				verdict(t, h, secret, policy.Unknown)
				tells(t, h, v.ID, "createSystemToken", setAction+" deleted ReadHealthCheck")
			}
		}},
		{"a filter that all tokens got is in use, and the one they had is not", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			one, two := filter(t, h, "one", "allow all"), filter(t, h, "two", "allow all")
			d := draft("x")
			d.FilterID = one
			_, secret := h.Token(d)
			set(t, h, policy.Security{Enabled: true, FilterID: two})
			set(t, h, open)
			mend()
			refusal(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), two), fault.Conflict, "used by 1 token")
			must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), one))
			return func() { verdict(t, h, secret, policy.Accepted) }
		}},
		{"a dead token acts no more, though tokens are allowed again", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			d := draft("x")
			d.Permissions = permission.All
			v, secret := h.Token(d)
			actor, _ := h.Verify(secret, here)
			inOneBatch(t, h,
				func() { set(t, h, policy.Security{}) }, func() { set(t, h, open) },
				func() {
					_, _, err := h.CreateToken(context.Background(), as(actor, "createSystemToken"), draft("y"))
					refusal(t, err, fault.Unauthenticated, "")
				})
			mend()
			return func() {
				if listed(h, v.ID) || len(h.All()) != 0 {
					t.Errorf("there is %+v", h.All())
				}
			}
		}},
		{"an expiry that a policy set ends the listing", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, _ := h.Token(draft("x"))
			set(t, h, maximum(minute))
			h.Clock.Pass(7 * minute)
			must(t, h.HideExpired(t.Context()))
			mend()
			return func() {
				if listed(h, v.ID) {
					t.Error("it is still listed")
				}
				tells(t, h, v.ID, "createSystemToken", fmt.Sprint(setAction, " expireAt ", int64(v.CreatedAt.Add(minute))), "removeExpiredTokens")
			}
		}},
		{"a token made in the batch before is counted, and deleted", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			var v token.Token
			inOneBatch(t, h, func() { v, _ = h.Token(draft("x")) }, func() { set(t, h, policy.Security{}) })
			mend()
			set(t, h, open)
			return func() {
				changed := h.Trail()
				i := slices.IndexFunc(changed, func(e audit.Entry) bool { return e.Effect == 0 && e.ByName()["tokensDeleted"].Value == "1" })
				if i < 0 || listed(h, v.ID) {
					t.Errorf("no change counts it, or it is there: %v", changed)
				}
			}
		}},
		{"one that is made behind a change in the same batch is not concerned", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			var v token.Token
			inOneBatch(t, h, func() { set(t, h, maximum(minute)) }, func() { set(t, h, open) }, func() { v, _ = h.Token(draft("x")) })
			mend()
			return func() {
				if got := shown(t, h, v.ID); got.ExpireAt != 0 {
					t.Errorf("it ends at %v", got.ExpireAt)
				}
			}
		}},
		{"an id that was rotated in the same batch is found in its other slot", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, _ := h.Token(draft("x"))
			set(t, h, updates(open))
			inOneBatch(t, h,
				func() { rotate(t, h, v.ID, time.Hour) },
				func() {
					refusal(t, h.UpdatePermissions(context.Background(), as(root(), "update"), v.ID, 0), fault.Conflict, "was rotated")
				})
			mend()
			return func() {
				if got := shown(t, h, v.ID); got.ReplacedBy == "" {
					t.Errorf("it is %+v", got)
				}
			}
		}},
		{"mending behind a rotation in the same batch writes no older row", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, _ := h.Token(draft("x"))
			set(t, h, maximum(day))
			var next token.Token
			inOneBatch(t, h, func() { next, _ = rotate(t, h, v.ID, time.Hour) }, func() { must(t, h.Mend(context.Background())) })
			mend()
			return func() {
				if a, b := shown(t, h, v.ID), shown(t, h, next.ID); a.ReplacedBy != next.ID || b.ExpireAt != v.CreatedAt.Add(day) {
					t.Errorf("they are %+v and %+v", a, b)
				}
			}
		}},
		{"mending behind a change in the same batch brings rows under that change", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, _ := h.Token(draft("x"))
			set(t, h, maximum(10*day))
			inOneBatch(t, h, func() { set(t, h, maximum(day)) }, func() { must(t, h.Mend(context.Background())) })
			mend()
			return func() {
				if got := shown(t, h, v.ID); got.ExpireAt != v.CreatedAt.Add(day) {
					t.Errorf("it ends at %v", got.ExpireAt)
				}
			}
		}},
		{"saving a policy that forbids tokens again deletes none again", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			h.Token(draft("x"))
			set(t, h, policy.Security{})
			mend()
			for range 70 { // more than a history holds
				set(t, h, policy.Security{AllowUpdates: true})
			}
			return func() {}
		}},
		{"of two filters the newer one stays, and a cap counts from the creation", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, _ := h.Token(draft("x"))
			one, two := filter(t, h, "one", "allow all"), filter(t, h, "two", "allow all")
			set(t, h, policy.Security{Enabled: true, FilterID: one})
			h.Clock.Pass(time.Hour)
			next, _ := rotate(t, h, v.ID, 0)
			mend()
			set(t, h, policy.Security{Enabled: true, FilterID: two, MaxAgeMs: day.Milliseconds()})
			return func() {
				if got := shown(t, h, next.ID); got.FilterID != two || got.ExpireAt != v.CreatedAt.Add(day) {
					t.Errorf("it is %+v", got)
				}
			}
		}},
		{"an id whose row is gone is found in the log", func(t *testing.T, h *authoritytest.House, mend func()) func() {
			v, _ := h.Token(draft("x"))
			next, _ := rotate(t, h, v.ID, 0)
			set(t, h, policy.Security{})
			mend()
			return func() {
				tells(t, h, v.ID, "createSystemToken", "rotateToken")
				tells(t, h, next.ID, "rotateToken", setAction+" deleted ReadHealthCheck")
			}
		}},
	} {
		for _, mended := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s (mended: %v)", test.name, mended), func(t *testing.T) {
				t.Parallel()
				h := authoritytest.Open(t)
				then := test.do(t, h, func() {
					if mended {
						must(t, h.Mend(t.Context()))
					}
				})
				then()
				h.Reopen()
				then()
				must(t, h.Mend(t.Context()))
				then()
			})
		}
	}
}

// What a change did to a hidden token is not told; it is seen when a clock that was wrong brings
// the token back.
func TestTraps_AHiddenTokenComesBackAsThePoliciesMadeIt(t *testing.T) {
	for _, mended := range []bool{false, true} {
		accept := false
		h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.AcceptClock = accept }})
		capped, _ := h.Token(ending(h, "capped", day))
		f := filter(t, h, "f", "allow all")
		h.Clock.Set(2 * day)
		must(t, h.FollowClock(t.Context()))
		must(t, h.HideExpired(t.Context()))
		if listed(h, capped.ID) {
			t.Fatal("it is not hidden")
		}
		set(t, h, policy.Security{Enabled: true, FilterID: f})
		set(t, h, policy.Security{Enabled: true})
		if mended {
			must(t, h.Mend(t.Context()))
		}
		h.Close()
		h.Clock.Set(-2 * day)
		accept = true
		must(t, h.TryOpen())
		accept = false
		if got := shown(t, h, capped.ID); got.FilterID != f {
			t.Errorf("mended %v: it came back as %+v", mended, got)
		}
		h.Unchecked = true
	}
}

// Clocks are read before a change waits for its turn, so of two changes the later one may have been
// asked for earlier.
func TestTraps_ChangesCountInTheOrderOfTheirCommits(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(draft("x"))
	one, two := filter(t, h, "one", "allow all"), filter(t, h, "two", "allow all")
	inOneBatch(t, h,
		func() { set(t, h, policy.Security{Enabled: true, FilterID: one}) },
		func() { set(t, h, policy.Security{Enabled: true, FilterID: two}) })
	h.Reopen()
	if got := shown(t, h, v.ID); got.FilterID != two {
		t.Errorf("it has the filter %s", got.FilterID)
	}
}

// Policies and tokens of a preview are of one moment: it never tells of a change that was made
// already, nor leaves out what that did.
func TestTraps_APreviewIsOfOneMoment(t *testing.T) {
	h := authoritytest.Open(t)
	ids := seed(t, h, 300, func(int, *token.Token) {})
	f := filter(t, h, "f", "allow all")
	var over sync.WaitGroup
	over.Go(func() { set(t, h, policy.Security{Enabled: true, FilterID: f}) })
	for range 50 {
		i, err := h.Impact(t.Context(), root(), change(policy.Security{Enabled: true, FilterID: f}), 0, 0)
		must(t, err)
		if i.Refiltered != 0 && i.Refiltered != len(ids) {
			t.Errorf("%d of %d tokens would get the filter", i.Refiltered, len(ids))
		}
	}
	over.Wait()
}

// A token that the policies have deleted is gone for its idempotency key as well, although its row
// goes later; and what was made with the key since is not lost with that row.
func TestTraps_TheKeyOfADeletedTokenMayComeAgain(t *testing.T) {
	h := authoritytest.Open(t)
	create := func() (token.Token, error) {
		v, _, err := h.CreateToken(t.Context(), withKey(as(root(), "createSystemToken"), "once"), draft("x"))
		return v, err
	}
	_, err := create()
	must(t, err)
	set(t, h, policy.Security{})
	set(t, h, policy.Security{Enabled: true})
	next, err := create()
	must(t, err)
	must(t, h.Check(t.Context()))
	must(t, h.Mend(t.Context()))
	_, err = create()
	refusal(t, err, fault.Conflict, string(next.ID))
}

// A change that comes while rows are being brought up to date is not forgotten with those before
// it: rows that were mended already do not satisfy it.
func TestTraps_AChangeDuringMendingIsKept(t *testing.T) {
	h, g := gated(t)
	v, _ := h.Token(draft("x"))
	mine := authoritytest.Mine(t.Context())
	set(t, h, maximum(10*day))
	var once sync.Once
	g.After(func(ctx context.Context) error {
		if !authoritytest.IsMine(ctx) {
			once.Do(func() {
				_, err := h.SetSecurity(mine, as(root(), setAction), change(maximum(day)))
				must(t, err)
			})
		}
		return nil
	})
	must(t, h.Mend(context.Background()))
	g.After(nil)
	h.Reopen()
	if got := shown(t, h, v.ID); got.ExpireAt != v.CreatedAt.Add(day) {
		t.Errorf("it ends at %v", got.ExpireAt)
	}
}

// A script may lower a maximum a little each time. What earlier changes ask of the rows is done
// before the history is full, and no change is refused for that.
func TestMoreChangesThanTheHistoryHoldsAreAllMade(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("nurse"))
	const changes = 150
	for n := range changes {
		if _, err := h.SetSecurity(t.Context(), as(root(), setAction), change(maximum(time.Duration(1000-n)*day))); err != nil {
			t.Fatalf("change %d: %v", n+1, err)
		}
		if _, err := h.Impact(t.Context(), root(), change(maximum(time.Duration(999-n)*day)), 0, 1); err != nil {
			t.Fatalf("what change %d would do: %v", n+2, err)
		}
	}
	verdict(t, h, secret, policy.Accepted)
	now, err := h.Authority.Token(root(), v.ID)
	must(t, err)
	if want := v.CreatedAt.Add((1000 - changes + 1) * day); now.ExpireAt != want {
		t.Errorf("it expires at %v, want %v", now.ExpireAt, want)
	}
}
