package authority_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// readings returns the counts of readings in the audit log, by type and actor.
func readings(h *authoritytest.House) map[string]string {
	got := map[string]string{}
	for _, e := range h.Trail() {
		if e.Type == audit.TokensRead || e.Type == audit.TrailRead || e.Type == audit.ImpactRead {
			got[string(e.Type)+" "+e.Actor.TokenID] += e.Fields[0].Value
		}
	}
	return got
}

func TestReading_IsInTheAuditLogOncePerActorKindAndMinuteWithItsCount(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	for range 100 {
		_, err := h.Tokens(by, token.Query{Limit: 1})
		must(t, err)
	}
	for range 3 {
		_, _, err := h.Events(t.Context(), by, audit.Query{})
		must(t, err)
	}
	_, err := h.Impact(t.Context(), root(), change(policy.Security{Enabled: true}), 0, 0)
	must(t, err)
	h.Round(t.Context())
	h.Round(t.Context())
	got := readings(h)
	id := string(by.ID)
	if len(got) != 3 || got["hashedtokens.read "+id] != "100" || got["audit.read "+id] != "3" ||
		got["organizations.securitypolicies.tokens.read localroot"] != "1" {
		t.Errorf("got %v", got)
	}
}

func TestReading_ThatIsRefusedIsNotAReading(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ReadHealthCheck)
	if _, err := h.Tokens(by, token.Query{}); err == nil {
		t.Error("tokens were listed")
	}
	if _, err := h.Tokens(root(), token.Query{Limit: -1}); err == nil {
		t.Error("a page of -1 was shown")
	}
	h.Round(t.Context())
	if got := readings(h); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestReading_WhatCouldNotBeWrittenIsWrittenTheNextTimeAndTheLastAtTheEnd(t *testing.T) {
	h, g := gated(t)
	list := func() {
		_, err := h.Tokens(root(), token.Query{})
		must(t, err)
	}
	list()
	g.Before(func(context.Context) error { return errors.New("no") })
	h.Round(t.Context())
	list()
	g.Before(nil)
	h.Reopen()
	if got := readings(h)["hashedtokens.read localroot"]; got != "2" {
		t.Errorf("counted %s readings, want 2", got)
	}
}

func TestReading_ByManyActorsFillsNeitherMemoryNorLog(t *testing.T) {
	h := authoritytest.Open(t)
	many := 10 * authority.MaxKinds
	for i := range many {
		by := policy.RootActor()
		by.ID = tokenID(fmt.Sprint("actor ", i))
		_, err := h.Tokens(by, token.Query{})
		must(t, err)
	}
	h.Round(t.Context())
	entries, sum := 0, 0
	for _, e := range h.Trail() {
		if e.Type == audit.TokensRead {
			entries++
			n, err := strconv.Atoi(e.Fields[0].Value)
			must(t, err)
			sum += n
		}
	}
	if entries != authority.MaxKinds+1 || sum != many {
		t.Errorf("%d entries tell of %d readings, want %d and %d", entries, sum, authority.MaxKinds+1, many)
	}
}
