package authority_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestRotateToken_NewIDAndTheOldStringIsDead(t *testing.T) {
	h := authoritytest.Open(t)
	f := filter(t, h, "all", "allow all")
	d := ending(h, "nurse", day)
	d.FilterID = f
	old, before := h.Token(d)
	h.Clock.Pass(time.Hour)
	next, after := rotate(t, h, old.ID, 0)
	verdict(t, h, before, policy.Unknown)
	verdict(t, h, after, policy.Accepted)
	if next.ID == old.ID || listed(h, old.ID) {
		t.Errorf("the old id %s is still there", old.ID)
	}
	_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), old.ID, 0)
	refusal(t, err, fault.NotFound, "no token with this id")
}

func TestRotateToken_NamePermissionsFilterExpiryAndCreationStay(t *testing.T) {
	h := authoritytest.Open(t)
	d := ending(h, "nurse", day)
	d.FilterID = filter(t, h, "all", "allow all")
	old, _ := h.Token(d)
	h.Clock.Pass(time.Hour)
	next, _ := rotate(t, h, old.ID, 0)
	kept := old
	kept.ID, kept.Digest, kept.IssuedAt = next.ID, next.Digest, h.Clock.Millis()
	if diff := cmp.Diff(next, kept); diff != "" || next.Digest == old.Digest {
		t.Errorf("rotated (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(shown(t, h, next.ID), next); diff != "" {
		t.Errorf("listed (-got +want):\n%s", diff)
	}
}

func TestRotateToken_AnExpiredTokenIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	old, secret := h.Token(ending(h, "short", minute))
	h.Clock.Pass(minute)
	_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), old.ID, 0)
	refusal(t, err, fault.Conflict, "has expired")
	verdict(t, h, secret, policy.Expired)
}

func TestRotateToken_OneThatExpiredByTheMaximumIsRefusedAsExpired(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, maximum(time.Hour))
	old, _ := h.Token(draft("capped"))
	h.Clock.Pass(time.Hour)
	_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), old.ID, 0)
	refusal(t, err, fault.Conflict, "has expired")
}

func TestRotateSystemToken_TheOldStringWorksUntilTheGraceEndsAndNamesItsSuccessor(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(draft("nurse"))
	next, after := rotate(t, h, old.ID, time.Hour)
	if got := shown(t, h, old.ID); got.ReplacedBy != next.ID || got.ExpireAt != h.Clock.Millis().Add(time.Hour) {
		t.Errorf("the old token is replaced by %q and ends at %v", got.ReplacedBy, got.ExpireAt)
	}
	h.Clock.Pass(time.Hour - time.Millisecond)
	verdict(t, h, before, policy.Accepted)
	verdict(t, h, after, policy.Accepted)
	h.Clock.Pass(time.Millisecond)
	verdict(t, h, before, policy.Expired)
	verdict(t, h, after, policy.Accepted)
	if got := shown(t, h, next.ID); got.ExpireAt != 0 {
		t.Errorf("the successor ends at %v, want never", got.ExpireAt)
	}
}

func TestRotateSystemToken_TheGraceEndsAtTheLatestWithItsOwnExpiry(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(ending(h, "short", minute))
	rotate(t, h, old.ID, time.Hour)
	h.Clock.Pass(minute - time.Millisecond)
	verdict(t, h, before, policy.Accepted)
	h.Clock.Pass(time.Millisecond)
	verdict(t, h, before, policy.Expired)
}

func TestRotateSystemToken_AGraceOutside7DaysIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	old, secret := h.Token(draft("nurse"))
	for _, ms := range []int64{-1, policy.Grace.Milliseconds() + 1, 1<<63 - 1, -1 << 63} {
		_, _, err := h.RotateToken(t.Context(), as(root(), "rotateSystemToken"), old.ID, ms)
		refusal(t, err, fault.Invalid, "gracePeriodMs:")
	}
	verdict(t, h, secret, policy.Accepted)
	rotate(t, h, old.ID, policy.Grace)
}

func TestRotateSystemToken_AtMostTwoStringsOfOneLineEverWork(t *testing.T) {
	h := authoritytest.Open(t)
	v, first := h.Token(draft("nurse"))
	secrets := []string{first}
	for range 4 {
		var s string
		v, s = rotate(t, h, v.ID, time.Hour)
		secrets = append(secrets, s)
		h.Clock.Pass(minute)
		working := 0
		for _, s := range secrets {
			if _, o := h.Verify(s, here); o == policy.Accepted {
				working++
			}
		}
		if working != 2 {
			t.Errorf("%d strings work, want 2", working)
		}
	}
}

func TestRotateSystemToken_WhatIsInItsGraceCannotBeRotatedOrUpdated(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	old, _ := h.Token(draft("nurse"))
	next, _ := rotate(t, h, old.ID, time.Hour)
	_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), old.ID, 0)
	refusal(t, err, fault.Conflict, string(next.ID))
	refusal(t, h.UpdatePermissions(t.Context(), as(root(), "update"), old.ID, 0), fault.Conflict, string(next.ID))
}

func TestRotateSystemToken_DeletingTheSuccessorKillsBoth(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(draft("nurse"))
	next, after := rotate(t, h, old.ID, time.Hour)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), next.ID))
	verdict(t, h, before, policy.Unknown)
	verdict(t, h, after, policy.Unknown)
	var about []token.ID
	for _, e := range h.Trail()[:2] {
		about = append(about, token.ID(e.TokenID))
	}
	if diff := cmp.Diff(about, []token.ID{next.ID, old.ID}); diff != "" {
		t.Errorf("both deletions have an entry (-got +want):\n%s", diff)
	}
}

func TestRotateSystemToken_DeletingTheOldOneLeavesItsSuccessor(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(draft("nurse"))
	next, after := rotate(t, h, old.ID, time.Hour)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), old.ID))
	verdict(t, h, before, policy.Unknown)
	verdict(t, h, after, policy.Accepted)
	rotate(t, h, next.ID, 0) // what it replaced is gone, which is no hindrance
}

func TestRotateSystemToken_UpdatingTheSuccessorChangesBothWithAnEntryEach(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	old, before := h.Token(draft("nurse"))
	next, after := rotate(t, h, old.ID, time.Hour)
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), next.ID, cluster))
	for _, s := range []string{before, after} {
		if actor, _ := h.Verify(s, here); actor.Permissions != cluster {
			t.Errorf("holds %v", actor.Permissions.Names())
		}
	}
	if trail := h.Trail(); trail[0].TokenID != string(next.ID) || trail[1].TokenID != string(old.ID) {
		t.Errorf("entries about %s and %s", trail[0].TokenID, trail[1].TokenID)
	}
}

func TestRotateToken_TheTrailOfTheOldIDLeadsToTheNewOne(t *testing.T) {
	h := authoritytest.Open(t)
	old, _ := h.Token(draft("nurse"))
	next, _ := rotate(t, h, old.ID, 0)
	for id, want := range map[token.ID]int{old.ID: 2, next.ID: 1} {
		if got := len(about(t, h, id)); got != want {
			t.Errorf("%d entries about %s, want %d", got, id, want)
		}
	}
}

func TestUpdatePermissions_RefusedUnlessThePolicyAllowsIt(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("nurse"))
	refusal(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, cluster), fault.Forbidden, "does not allow updating")
	if actor, _ := h.Verify(secret, here); actor.Permissions != health {
		t.Errorf("holds %v", actor.Permissions.Names())
	}
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, cluster))
	if actor, _ := h.Verify(secret, here); actor.Permissions != cluster {
		t.Errorf("after the update it holds %v", actor.Permissions.Names())
	}
	set(t, h, policy.Security{Enabled: true})
	refusal(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, health), fault.Forbidden, "does not allow updating")
}

func TestUpdatePermissions_NothingElseChanges(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	v, _ := h.Token(ending(h, "nurse", day))
	h.Clock.Pass(time.Hour)
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, 0))
	v.Permissions = 0
	if diff := cmp.Diff(shown(t, h, v.ID), v); diff != "" {
		t.Errorf("updated (-got +want):\n%s", diff)
	}
}

func TestUpdatePermissions_ExpiredOrMissingIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	v, _ := h.Token(ending(h, "short", minute))
	h.Clock.Pass(minute)
	refusal(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, 0), fault.Conflict, "has expired")
	refusal(t, h.UpdatePermissions(t.Context(), as(root(), "update"), "nobody", 0), fault.NotFound, "no token")
	refusal(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), ""), fault.NotFound, "no token")
}

func TestADeletedTokenTakesItsLastUseWithIt(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("nurse"))
	verdict(t, h, secret, policy.Accepted)
	must(t, h.FlushUses(t.Context()))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	must(t, h.FlushUses(t.Context())) // and a late use does not bring it back
	if err := h.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheTrailNeverRunsBackwardsWhateverTheClockDoes(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("one"))
	h.Clock.Set(-time.Hour)
	v, _ := h.Token(draft("two"))
	trail := h.Trail()
	if trail[0].Time < trail[1].Time {
		t.Errorf("the trail goes from %v back to %v", trail[1].Time, trail[0].Time)
	}
	if v.CreatedAt != trail[0].Time {
		t.Errorf("created at %v, by an entry of %v", v.CreatedAt, trail[0].Time)
	}
}
