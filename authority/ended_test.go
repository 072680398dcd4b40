package authority_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// ended lists the ended tokens that q finds.
func ended(t testing.TB, h *authoritytest.House, q token.Query) []authority.TokenView {
	t.Helper()
	q.States, q.Limit = []token.State{token.Ended}, max(q.Limit, 100)
	p, err := h.Tokens(root(), q)
	must(t, err)
	return p.Tokens
}

func onlyEnded(t testing.TB, h *authoritytest.House) authority.TokenView {
	t.Helper()
	all := ended(t, h, token.Query{})
	if len(all) != 1 {
		t.Fatalf("%d ended tokens, want 1: %+v", len(all), all)
	}
	return all[0]
}

// A use is written by the minute, and nobody ends a token more often than when it is in use.
func TestEnded_AUseInTheLastMinuteIsKnown(t *testing.T) {
	h := authoritytest.Open(t)
	for _, end := range []func(token.ID) error{
		func(id token.ID) error { return h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), id) },
		func(id token.ID) error {
			_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), id, 0)
			return err
		},
	} {
		made, secret := h.Token(draft("nurse"))
		verdict(t, h, secret, policy.Accepted)
		used := h.Clock.Millis()
		h.Clock.Pass(time.Second)
		must(t, end(made.ID))
		if gone := ended(t, h, token.Query{Search: string(made.ID)}); len(gone) != 1 || gone[0].LastUsedAt != used {
			t.Errorf("it was used at %v, and of the end is kept: %+v", used, gone)
		}
	}
}

func TestEnded_ADeletedTokenTellsWhoEndedItAndWhoStillUsesIt(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	made, secret := h.Token(draft("nurse"))
	h.Clock.Pass(minute)
	must(t, h.DeleteToken(t.Context(), as(by, "deleteSystemToken"), made.ID))
	gone := onlyEnded(t, h)
	if gone.ID != made.ID || gone.Name != "nurse" || gone.End != (rows.End{At: h.Clock.Millis(), Why: token.EndDeleted, By: by.ID, ByName: by.Name}) || gone.Tried.At != 0 {
		t.Errorf("got %+v", gone)
	}
	h.Clock.Pass(minute)
	actor, outcome := h.Verify(secret, office)
	if outcome != policy.Deleted || actor.ID != made.ID || actor.Name != "nurse" {
		t.Errorf("its string gives %v of %v, want that it was deleted, and its name", outcome, actor)
	}
	h.Refused(t.Context(), actor, outcome)
	if gone := onlyEnded(t, h); gone.Tried != (rows.Use{At: h.Clock.Millis(), From: office}) {
		t.Errorf("it was tried at %v, want now from %v", gone.Tried, office)
	}
	tried := h.Clock.Millis()
	h.Reopen() // what was only in memory is written down
	if gone := onlyEnded(t, h); gone.Tried != (rows.Use{At: tried, From: office}) {
		t.Errorf("after a restart it was tried at %v, want %v", gone.Tried, tried)
	}
	verdict(t, h, secret, policy.Deleted)
	forged, err := token.MintFor(made.ID, random{})
	must(t, err)
	verdict(t, h, forged.Reveal(), policy.Unknown)
}

func TestEnded_ARotatedStringNamesItsSuccessor(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(draft("nurse"))
	next, between := rotate(t, h, old.ID, 0)
	if gone := onlyEnded(t, h); gone.ID != old.ID || gone.End.Why != token.EndRotated || gone.ReplacedBy != next.ID {
		t.Errorf("got %+v", gone)
	}
	verdict(t, h, before, policy.Rotated)
	last, _ := rotate(t, h, next.ID, time.Hour)
	rotate(t, h, last.ID, 0) // which ends the grace period
	verdict(t, h, between, policy.Rotated)
	if all := ended(t, h, token.Query{}); len(all) != 3 {
		t.Errorf("%d strings have ended, want 3: %+v", len(all), all)
	}
}

func TestEnded_AnExpiredTokenIsKeptWhenItIsHidden(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(ending(h, "short", minute))
	h.Clock.Pass(minute)
	if all := ended(t, h, token.Query{}); len(all) != 0 {
		t.Errorf("it is still listed among those that have not ended: %v", all)
	}
	h.Clock.Pass(policy.ListedExpired)
	must(t, h.HideExpired(t.Context()))
	gone := onlyEnded(t, h)
	if gone.ID != made.ID || gone.End.Why != token.EndExpired || gone.End.By != "" || !gone.Expired {
		t.Errorf("got %+v", gone)
	}
	verdict(t, h, secret, policy.Expired)
}

// The rows of what a policy deletes go later. Whoever asks knows of no such thing.
func TestEnded_WhatAPolicyDeletesTellsAtOnceWhoChangedWhich(t *testing.T) {
	for name, to := range map[string]policy.Security{"a maximum": maximum(2 * minute), "no token at all": {}} {
		t.Run(name, func(t *testing.T) {
			h := authoritytest.Open(t)
			made, secret := h.Token(draft("nurse"))
			verdict(t, h, secret, policy.Accepted)
			used := rows.Use{At: h.Clock.Millis(), From: here}
			h.Clock.Pass(minute)
			set(t, h, maximum(3*minute)) // which deletes nothing
			h.Clock.Pass(minute)
			young, _ := h.Token(ending(h, "young", minute))
			_, err := h.SetSecurity(t.Context(), as(root(), setAction), change(to))
			must(t, err)
			want := rows.End{At: h.Clock.Millis(), Why: token.EndByPolicy, By: token.Root, ByName: root().Name, MaxAgeMs: to.MaxAgeMs}
			check := func(when string) {
				t.Helper()
				gone := ended(t, h, token.Query{Search: string(made.ID)})
				if len(gone) != 1 || gone[0].End != want || gone[0].ExpireAt != made.CreatedAt.Add(3*minute) || gone[0].LastUsedAt != used.At {
					t.Errorf("%s: got %+v, want that it ended so: %+v", when, gone, want)
				}
				if lives := len(ended(t, h, token.Query{Search: string(young.ID)})) == 0; lives != to.Enabled {
					t.Errorf("%s: that the young one lives is %v, want %v", when, lives, to.Enabled)
				}
				verdict(t, h, secret, policy.Deleted)
			}
			check("at once")
			actor, outcome := h.Verify(secret, office)
			h.Refused(t.Context(), actor, outcome)
			tried := rows.Use{At: h.Clock.Millis(), From: office}
			must(t, h.FlushTried(t.Context())) // before there is a row to write it into
			must(t, h.ForgetEnded(t.Context()))
			h.Clock.Pass(minute)
			must(t, h.Mend(t.Context()))
			check("when its row is gone")
			h.Reopen()
			check("after a restart")
			if gone := ended(t, h, token.Query{Search: string(made.ID)}); len(gone) == 1 && gone[0].Tried != tried {
				t.Errorf("it was tried at %v, want %v", gone[0].Tried, tried)
			}
		})
	}
}

func TestEnded_KeptForThirtyDays(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(draft("nurse"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), made.ID))
	h.Clock.Pass(policy.EndedKept - time.Millisecond)
	must(t, h.ForgetEnded(t.Context()))
	verdict(t, h, secret, policy.Deleted)
	h.Clock.Pass(time.Millisecond)
	must(t, h.ForgetEnded(t.Context()))
	verdict(t, h, secret, policy.Unknown)
	h.Reopen()
	if all := ended(t, h, token.Query{}); len(all) != 0 {
		t.Errorf("it is still kept: %+v", all)
	}
}

func TestEnded_ListedOnlyWhereTheyAreAskedForAndAlone(t *testing.T) {
	h := authoritytest.Open(t)
	made, _ := h.Token(draft("nurse"))
	h.Token(draft("doctor"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), made.ID))
	if all := h.All(); len(all) != 1 {
		t.Errorf("%d tokens are listed, want the one that lives", len(all))
	}
	_, err := h.Tokens(root(), token.Query{States: []token.State{token.Active, token.Ended}})
	refusal(t, err, fault.Invalid, "stateFilter:")
	by, _ := h.Holder(permission.ManageCluster)
	_, err = h.Tokens(by, token.Query{States: []token.State{token.Ended}})
	refusal(t, err, fault.Forbidden, "not allowed")
}

// In each order a walk by cursor meets each of them once, in the order of the whole list.
func TestEnded_AreFoundSortedAndWalked(t *testing.T) {
	h := authoritytest.Open(t)
	for i := range 7 {
		d := ending(h, fmt.Sprint("token ", i%3), time.Duration(9-i)*day)
		if i == 3 {
			d = draft("Ünder")
		}
		made, secret := h.Token(d)
		if i%2 == 0 {
			verdict(t, h, secret, policy.Accepted)
		}
		h.Clock.Pass(minute)
		must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), made.ID))
		if i%3 == 0 {
			actor, outcome := h.Verify(secret, office)
			h.Refused(t.Context(), actor, outcome)
		}
	}
	if found := ended(t, h, token.Query{Search: "üND"}); len(found) != 1 || found[0].Name != "Ünder" {
		t.Errorf("found %+v", found)
	}
	if found := ended(t, h, token.Query{Search: "token", ExpiresBefore: h.Clock.Millis().Add(4 * day)}); len(found) != 2 {
		t.Errorf("%d of them would have expired within 4 days, want 2", len(found))
	}
	for _, order := range []token.Order{token.ByName, token.ByExpiry, token.ByCreation, token.ByLastUse, token.ByEnd, token.ByLastTry} {
		for _, down := range []bool{false, true} {
			q := token.Query{Order: order, Descending: down}
			var want, got []token.ID
			for _, v := range ended(t, h, q) {
				want = append(want, v.ID)
			}
			q.States, q.Limit = []token.State{token.Ended}, 2
			for more := true; more; {
				p, err := h.Tokens(root(), q)
				must(t, err)
				for _, v := range p.Tokens {
					got = append(got, v.ID)
				}
				q.After, more = p.End, p.More
			}
			if diff := cmp.Diff(got, want); diff != "" || len(got) != 7 {
				t.Errorf("order %v, descending %v (-got +want):\n%s", order, down, diff)
			}
		}
	}
	for _, of := range []struct {
		order token.Order
		at    func(authority.TokenView) epoch.Millis
	}{
		{token.ByEnd, func(v authority.TokenView) epoch.Millis { return v.End.At }},
		{token.ByLastTry, func(v authority.TokenView) epoch.Millis { return v.Tried.At }},
	} {
		var at []epoch.Millis
		for _, v := range ended(t, h, token.Query{Order: of.order}) {
			at = append(at, of.at(v))
		}
		if !slices.IsSorted(at) || at[0] == at[6] {
			t.Errorf("order %v: %v", of.order, at)
		}
	}
}

// It is looked up where it is to be found: among the tokens there are, those that ended not long
// ago, and in the audit log, in the store or outside.
func TestEnded_TheNameOfAMakerIsKept(t *testing.T) {
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { short(&o.Archive) }})
	maker, _ := h.Token(policy.Draft{Name: "maker", Permissions: tokens | health})
	by := policy.ActorOf(maker)
	by.IP = here
	made, _, err := h.CreateToken(t.Context(), as(by, "createSystemToken"), draft("child"))
	must(t, err)
	name := func(when string) {
		v, err := h.Authority.Token(root(), made.ID)
		must(t, err)
		if v.MakerName != "maker" || v.End != (rows.End{}) {
			t.Errorf("%s it was made by %q and has ended %v", when, v.MakerName, v.End)
		}
	}
	name("at first")
	rotated, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), maker.ID, 0)
	must(t, err)
	name("when its maker has another string")
	forget := func() {
		h.Clock.Pass(policy.EndedKept)
		must(t, h.ForgetEnded(t.Context()))
	}
	forget()
	name("when the string that made it is forgotten")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), rotated.ID))
	name("when its maker is gone")
	forget()
	h.Reopen()
	name("when its maker is forgotten")
	eventful(t, h)
	signed(t, h)
	h.Clock.Pass(91 * day)
	eventually(t, "two segments leave", func() bool {
		if db, ok := h.DB.(store.Shared); ok { // of several, all must say that they hold it
			node{h.Authority, db, h.AuditFolder()}.describe()
		}
		must(t, h.Archiver().Move(t.Context()))
		return inStore(t, h)[rows.SegmentsTable] == 2
	})
	h.Reopen()
	name("when the log of that has left the store")
	second, aside := filepath.Join(h.AuditFolder(), segment.FileName(2)), filepath.Join(t.TempDir(), "aside")
	must(t, os.Rename(second, aside))
	h.Reopen()
	name("when a later part of the log cannot be read")
	must(t, os.Rename(aside, second))
}

// It is hidden five minutes later, and after a stop much later.
func TestEnded_WhatExpiredEndedThen(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(ending(h, "short", minute))
	h.Clock.Pass(2 * minute)
	actor, outcome := h.Verify(secret, office)
	h.Refused(t.Context(), actor, outcome)
	tried := rows.Use{At: h.Clock.Millis(), From: office}
	h.Clock.Pass(day)
	must(t, h.HideExpired(t.Context()))
	if gone := onlyEnded(t, h); gone.End.At != made.ExpireAt || gone.Tried != tried {
		t.Errorf("it ended at %v and was tried at %v, want %v and %v", gone.End.At, gone.Tried, made.ExpireAt, tried)
	}
	h.Reopen() // what was only in memory is written down
	if gone := onlyEnded(t, h); gone.Tried != tried {
		t.Errorf("after a restart it was tried at %v, want %v", gone.Tried, tried)
	}
}

func TestEnded_WhoRotatedATokenHasEndedTheStringWhoseGracePeriodRanOut(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
	old, _ := h.Token(draft("nurse"))
	_, _, err := h.RotateToken(t.Context(), as(by, "rotateToken"), old.ID, minute.Milliseconds())
	must(t, err)
	over := h.Clock.Millis().Add(minute)
	h.Reopen()
	h.Clock.Pass(day)
	must(t, h.HideExpired(t.Context()))
	if gone := onlyEnded(t, h); gone.End != (rows.End{At: over, Why: token.EndRotated, By: by.ID, ByName: by.Name}) {
		t.Errorf("got %+v, want the end of the grace period, by %v", gone.End, by.Name)
	}
}

// The string before the present one may never have been used, and the one before that a moment ago.
func TestEnded_TheLastUseOfAnyStringBeforeIsKnown(t *testing.T) {
	h := authoritytest.Open(t)
	first, secret := h.Token(draft("nurse"))
	verdictFrom(t, h, secret, office, policy.Accepted)
	used := rows.Use{At: h.Clock.Millis(), From: office}
	second, _ := rotate(t, h, first.ID, time.Hour)
	h.Clock.Pass(minute)
	earlier := func(id token.ID) {
		t.Helper()
		v, err := h.Authority.Token(root(), id)
		must(t, err)
		if v.EarlierID != first.ID || v.Earlier != used || v.LastUsedAt != 0 {
			t.Errorf("the use before is %v of %v, want %v of %v", v.Earlier, v.EarlierID, used, first.ID)
		}
	}
	earlier(second.ID) // the old string works out its grace period
	third, _ := rotate(t, h, second.ID, 0)
	earlier(third.ID)
	h.Reopen()
	earlier(third.ID)
	if v, err := h.Authority.Token(root(), third.ID); err != nil || v.Replaces != "" {
		t.Errorf("it replaces %v, %v, want nothing that still works", v.Replaces, err)
	}
}

// An expired token stays listed for five minutes, but it works no more.
func TestEnded_ATokenReplacesNoneWhoseGracePeriodIsOver(t *testing.T) {
	h := authoritytest.Open(t)
	old, _ := h.Token(draft("nurse"))
	next, _ := rotate(t, h, old.ID, minute)
	if got := shown(t, h, next.ID).Replaces; got != old.ID {
		t.Errorf("it replaces %q, want the one in its grace period", got)
	}
	h.Clock.Pass(minute)
	if got := shown(t, h, next.ID).Replaces; got != "" || !listed(h, old.ID) {
		t.Errorf("it replaces %q when the grace period is over, want none", got)
	}
}

func TestEnded_TheHistoryOfAllStringsOfAToken(t *testing.T) {
	h := authoritytest.Open(t)
	must(t, func() error {
		_, err := h.SetSecurity(t.Context(), as(root(), setAction), change(policy.Security{Enabled: true, AllowUpdates: true}))
		return err
	}())
	first, _ := h.Token(draft("nurse"))
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), first.ID, health|cluster))
	second, _ := rotate(t, h, first.ID, 0)
	third, _ := rotate(t, h, second.ID, time.Hour)
	h.Token(draft("doctor"))
	set(t, h, maximum(day))
	for _, id := range []token.ID{first.ID, second.ID, third.ID} {
		total, page, err := h.Events(t.Context(), root(), audit.Query{TokenID: string(id), AllStrings: true, Limit: 100})
		must(t, err)
		var types []audit.Type
		for _, e := range page {
			types = append(types, e.Type)
		}
		made, reset, bound := audit.TokenChanged, audit.TokenRotated, audit.TokenChanged
		want := []audit.Type{bound, reset, reset, made, made}
		if diff := cmp.Diff(types, want); diff != "" || total != len(want) {
			t.Errorf("%d entries under one id (-got +want):\n%s", total, diff)
		}
	}
	if n := len(about(t, h, third.ID)); n != 2 {
		t.Errorf("%d entries about the present string alone, want 2", n)
	}
}
