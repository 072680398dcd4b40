package authority_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

func TestLastUsed_CoalescedToOneWriteARoundForEachToken(t *testing.T) {
	h, g := gated(t)
	v, secret := h.Token(draft("busy"))
	_, other := h.Token(draft("other"))
	writes := 0
	g.Before(func(context.Context) error { writes++; return nil })
	for range 1000 {
		h.Clock.Pass(time.Millisecond)
		verdict(t, h, secret, policy.Accepted)
		verdict(t, h, other, policy.Accepted)
	}
	must(t, h.FlushUses(t.Context()))
	must(t, h.FlushUses(t.Context()))
	if writes != 1 {
		t.Errorf("%d writes for 2000 uses, want 1", writes)
	}
	if got, _ := h.Authority.Token(root(), v.ID); got.LastUsedAt != h.Clock.Millis() || got.LastUsedFrom != here {
		t.Errorf("last used at %v from %v", got.LastUsedAt, got.LastUsedFrom)
	}
}

func TestLastUsed_SurvivesARestartAndAChangeOfItsToken(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("x"))
	verdictFrom(t, h, secret, office, policy.Accepted)
	used := h.Clock.Millis()
	set(t, h, maximum(day))
	h.Clock.Pass(time.Hour)
	h.Reopen()
	if got, _ := h.Authority.Token(root(), v.ID); got.LastUsedAt != used || got.LastUsedFrom != office {
		t.Errorf("last used at %v from %v, want %v", got.LastUsedAt, got.LastUsedFrom, used)
	}
	if entries := about(t, h, v.ID); len(entries) != 2 {
		t.Errorf("%d entries: a use is not a change", len(entries))
	}
}

func TestLastUsed_NeverInTheFutureAndNotMovedByARefusal(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(ending(h, "x", time.Hour))
	verdict(t, h, secret, policy.Accepted)
	h.Clock.Set(-minute)
	if got, _ := h.Authority.Token(root(), v.ID); got.LastUsedAt > h.ClockState().Now {
		t.Errorf("at %v it was last used at %v", h.ClockState().Now, got.LastUsedAt)
	}
	h.Clock.Pass(2 * time.Hour)
	verdict(t, h, secret, policy.Expired)
	if got, _ := h.Authority.Token(root(), v.ID); got.LastUsedAt != v.CreatedAt {
		t.Errorf("a refused use counts as one, at %v", got.LastUsedAt)
	}
}

func TestLastUsed_WhatCouldNotBeWrittenIsWrittenTheNextTime(t *testing.T) {
	h, g := gated(t)
	v, secret := h.Token(draft("x"))
	verdict(t, h, secret, policy.Accepted)
	g.Before(func(context.Context) error { return store.ErrFull })
	if err := h.FlushUses(t.Context()); !errors.Is(err, store.ErrFull) {
		t.Fatalf("got %v", err)
	}
	g.Before(nil)
	h.Reopen()
	if got, _ := h.Authority.Token(root(), v.ID); got.LastUsedAt == 0 {
		t.Error("the use was forgotten")
	}
}

func TestHousekeeping_GoesOnByItselfAndEndsWithTheAuthority(t *testing.T) {
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.Pause = time.Millisecond }})
	v, _ := h.Token(ending(h, "short", minute))
	h.Start()
	h.Clock.Pass(day)
	for listed(h, v.ID) {
		time.Sleep(time.Millisecond)
	}
}

func TestRoot_MadeOnAnEmptyStoreOnceAndReplacedOffline(t *testing.T) {
	h := authoritytest.Open(t)
	secret, made, err := h.FirstRoot(t.Context())
	if err != nil || !made {
		t.Fatal(made, err)
	}
	if _, again, err := h.FirstRoot(t.Context()); again || err != nil {
		t.Error("a second root token was made", err)
	}
	h.Reopen()
	verdict(t, h, secret.Reveal(), policy.Accepted)
	next, err := h.ReplaceRoot(t.Context())
	must(t, err)
	verdict(t, h, secret.Reveal(), policy.Wrong)
	verdict(t, h, next.Reveal(), policy.Accepted)
	if e := h.Trail()[0]; e.Type != "roottoken.replace" {
		t.Errorf("the last entry is %s", authoritytest.Describe(e))
	}
}

func TestRoot_NotMadeOnAStoreThatHoldsTokens(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("x"))
	if _, made, err := h.FirstRoot(t.Context()); made || err != nil {
		t.Error("a root token was made", err)
	}
}

func TestRoot_AHashFromOutsideIsTheOnlyOne(t *testing.T) {
	stored := authoritytest.Open(t)
	old, _, err := stored.FirstRoot(t.Context())
	must(t, err)
	given, err := token.MintFor(token.Root, random{})
	must(t, err)
	hash := given.Hash()
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.RootHash = &hash }})
	verdict(t, h, given.Reveal(), policy.Accepted)
	verdict(t, h, old.Reveal(), policy.Wrong)
	if _, made, err := h.FirstRoot(t.Context()); made || err != nil {
		t.Error("a root token was made", err)
	}
}

func TestRoot_AndTokensOutliveANewKey(t *testing.T) {
	h := authoritytest.Open(t)
	rootSecret, _, err := h.FirstRoot(t.Context())
	must(t, err)
	_, secret := h.Token(draft("x"))
	h.Close()
	addKey(t, h.KeyFile())
	must(t, h.TryOpen())
	verdict(t, h, rootSecret.Reveal(), policy.Accepted)
	verdict(t, h, secret, policy.Accepted)
	_, later := h.Token(draft("later"))
	verdict(t, h, later, policy.Accepted)
}

func TestASessionDiesWithItsTokenAndWithItsSecret(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("x"))
	by, _ := h.Verify(secret, here)
	s, _, err := h.BeginSession(by)
	if _, outcome := h.Resume(s, here); err != nil || outcome != policy.Accepted {
		t.Fatalf("a new session is %v", outcome)
	}
	late := s
	late.IssuedAt -= 1 << 40
	forged := s
	forged.Mark[0]++
	for name, test := range map[string]struct {
		s    policy.Session
		want policy.Outcome
	}{"too old": {late, policy.Expired}, "of another secret": {forged, policy.Wrong}, "of nobody": {policy.Session{IssuedAt: s.IssuedAt}, policy.Unknown}} {
		if _, got := h.Resume(test.s, here); got != test.want {
			t.Errorf("a session %s is %v, want %v", name, got, test.want)
		}
	}
	rotate(t, h, v.ID, 0)
	if _, outcome := h.Resume(s, here); outcome != policy.Unknown {
		t.Errorf("after its token was rotated it is %v", outcome)
	}
	if _, _, err := h.BeginSession(by); fault.CodeOf(err) != fault.Unauthenticated {
		t.Error("a dead token began a session")
	}
}

func TestAfterTheStoreHasStoppedChangesAreRefusedAndVerificationGoesOn(t *testing.T) {
	h, g := gated(t)
	v, secret := h.Token(draft("x"))
	for cause, words := range map[error]string{store.ErrInDoubt: "in doubt", store.ErrStopped: "nothing was changed", store.ErrFull: "full", store.ErrClosed: "stopping",
		fmt.Errorf("%w: %w", store.ErrStopped, store.ErrRewound):                       "--accept-rollback. Nothing was changed",
		fmt.Errorf("%w: %w: %w", store.ErrInDoubt, store.ErrStopped, store.ErrRewound): "is in doubt",
	} {
		g.Before(func(context.Context) error { return cause })
		refusal(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID), fault.Unavailable, words)
		verdict(t, h, secret, policy.Accepted)
	}
	g.Before(nil)
}
