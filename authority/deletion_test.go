package authority_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

func several(h *authoritytest.House, n int) (ids []token.ID, secrets []string) {
	for i := range n {
		made, secret := h.Token(draft(fmt.Sprintf("token %d", i)))
		ids, secrets = append(ids, made.ID), append(secrets, secret)
	}
	return ids, secrets
}

func TestDeleteTokens_AllOfThemWithAnEntryEach(t *testing.T) {
	h := authoritytest.Open(t)
	ids, secrets := several(h, 5)
	must(t, h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), ids[:4]))
	for i, secret := range secrets[:4] {
		verdict(t, h, secret, policy.Unknown)
		entries := about(t, h, ids[i])
		if e := entries[0]; len(entries) != 2 || e.Type != audit.TokenChanged || e.Action != "deleteSystemTokens" {
			t.Errorf("about token %d there are %+v, want its creation and its deletion", i, entries)
		}
	}
	verdict(t, h, secrets[4], policy.Accepted)
}

func TestDeleteTokens_OneThatIsGoneIsNamedAndNoneIsDeleted(t *testing.T) {
	h := authoritytest.Open(t)
	ids, secrets := several(h, 3)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), ids[1]))
	before := h.State()
	err := h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), ids)
	refusal(t, err, fault.NotFound, string(ids[1]))
	refusal(t, err, fault.NotFound, "none was deleted")
	if diff := cmp.Diff(h.State(), before, addresses); diff != "" {
		t.Errorf("something changed: %s", diff)
	}
	verdict(t, h, secrets[0], policy.Accepted)
	verdict(t, h, secrets[2], policy.Accepted)
}

func TestDeleteTokens_WhatMayBeASecretIsNotRepeated(t *testing.T) {
	h := authoritytest.Open(t)
	ids, secrets := several(h, 2)
	for _, given := range []string{secrets[1], secrets[1][33:], "nobody"} {
		err := h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), []token.ID{ids[0], token.ID(given)})
		refusal(t, err, fault.NotFound, "place 2")
		if strings.Contains(err.Error(), given) {
			t.Errorf("the refusal repeats what was given: %v", err)
		}
	}
}

func TestDeleteTokens_BothStringsOfATokenMayBeNamedInAnyOrder(t *testing.T) {
	h := authoritytest.Open(t)
	for _, turn := range []bool{false, true} {
		old, _ := h.Token(draft("nurse"))
		next, _ := rotate(t, h, old.ID, time.Hour)
		ids := []token.ID{next.ID, old.ID}
		if turn {
			ids[0], ids[1] = ids[1], ids[0]
		}
		must(t, h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), ids))
		if listed(h, old.ID) || listed(h, next.ID) {
			t.Errorf("one of %v is still listed", ids)
		}
	}
}

func TestDeleteTokens_OneToAThousandDifferentIDs(t *testing.T) {
	h := authoritytest.Open(t)
	ids, _ := several(h, 2)
	many := make([]token.ID, policy.MaxDeletions+1)
	for i := range many {
		many[i] = token.ID(fmt.Sprint(i))
	}
	for name, c := range map[string]struct {
		ids   []token.ID
		words string
	}{
		"none":      {nil, "No token is named"},
		"one twice": {[]token.ID{ids[0], ids[1], ids[0]}, "places 1 and 3 are the same"},
		"too many":  {many, "1001 tokens are named; at most 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			refusal(t, h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), c.ids), fault.Invalid, c.words)
		})
	}
	if len(h.All()) != 2 {
		t.Error("a refused deletion has deleted something")
	}
}

// A store that takes no more in one transaction says so, and nothing is deleted.
func TestDeleteTokens_AsManyAsTheStoreTakes(t *testing.T) {
	var n *narrow
	h := authoritytest.OpenWith(t, authoritytest.Setup{File: true, Wrap: func(db store.DB) store.DB { n = &narrow{DB: db}; return n }})
	ids, _ := several(h, 60)
	refusal(t, h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), ids), fault.Invalid, "in several smaller steps")
	if len(h.All()) != 60 {
		t.Error("a refused deletion has deleted something")
	}
	must(t, h.DeleteTokens(t.Context(), as(root(), "deleteSystemTokens"), ids[:25]))
	if len(h.All()) != 35 {
		t.Errorf("%d tokens are left, want 35", len(h.All()))
	}
}

func TestRotateTokenKeeping_WhileThePredecessorWorksItIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(draft("nurse"))
	next, _ := rotate(t, h, old.ID, time.Hour)
	if v, err := h.Authority.Token(root(), next.ID); err != nil || v.Replaces != old.ID {
		t.Errorf("the successor replaces %q, want %q: %v", v.Replaces, old.ID, err)
	}
	again := func() error {
		_, _, err := h.RotateTokenKeeping(t.Context(), as(root(), "rotateSystemToken"), next.ID, 0)
		return err
	}
	refusal(t, again(), fault.Conflict, "still works until 2026-11-23T13:00:00.000Z. It was not used.")
	h.Clock.Pass(minute)
	verdict(t, h, before, policy.Accepted)
	refusal(t, again(), fault.Conflict, "last used at 2026-11-23T12:01:00.000Z")
	h.Clock.Pass(time.Hour)
	must(t, again())
}

func TestRotateToken_EndsThePredecessor(t *testing.T) {
	h := authoritytest.Open(t)
	old, before := h.Token(draft("nurse"))
	next, _ := rotate(t, h, old.ID, time.Hour)
	last, _ := rotate(t, h, next.ID, 0)
	verdict(t, h, before, policy.Unknown)
	if v, err := h.Authority.Token(root(), last.ID); err != nil || v.Replaces != "" {
		t.Errorf("the last one replaces %q, want nothing: %v", v.Replaces, err)
	}
}
