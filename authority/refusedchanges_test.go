package authority_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
)

// deny has somebody without any right try n changes at a time, and wants each to
// be refused.
func deny(t *testing.T, h *authoritytest.House, by policy.Actor, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range (n + i) / 16 {
				if err := h.DeleteToken(t.Context(), as(by, "deleteToken"), "x"); fault.CodeOf(err) != fault.Forbidden {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	all.Wait()
}

// denied returns how many entries there are about refused changes of by, and of
// how many they tell.
func denied(h *authoritytest.House, by policy.Actor) (entries, told int) {
	for _, e := range h.Trail() {
		if e.Refused == "" || e.Actor.TokenID != string(by.ID) {
			continue
		}
		n := 1
		for _, f := range e.Fields {
			if f.Name == "count" {
				fmt.Sscan(f.Value, &n)
			}
		}
		entries, told = entries+1, told+n
	}
	return entries, told
}

func lastDenied(h *authoritytest.House) audit.Entry {
	trail := h.Trail()
	return trail[slices.IndexFunc(trail, func(e audit.Entry) bool { return e.Refused != "" })]
}

func wantDenied(t *testing.T, h *authoritytest.House, by policy.Actor, wantEntries, wantTold int) {
	t.Helper()
	if entries, told := denied(h, by); entries != wantEntries || told != wantTold {
		t.Errorf("%d entries about %d refused changes, want %d about %d", entries, told, wantEntries, wantTold)
	}
}

// Whoever has a token that may do nothing cannot fill the disk with it.
func TestDenied_WhoTriesAgainAndAgainFillsNoDiskAndIsCountedExactly(t *testing.T) {
	h := authoritytest.Open(t)
	nobody, _ := h.Holder()
	other, _ := h.Holder()
	deny(t, h, nobody, authority.RefusedAtOnce)
	wantDenied(t, h, nobody, authority.RefusedAtOnce, authority.RefusedAtOnce)
	deny(t, h, nobody, 3200)
	deny(t, h, other, 16)
	wantDenied(t, h, other, 16, 16)
	h.Round(t.Context())
	wantDenied(t, h, nobody, authority.RefusedAtOnce+1, authority.RefusedAtOnce+3200)
	last := lastDenied(h)
	if last.Type != audit.TokenChanged || last.Action != "deleteToken" || !strings.Contains(last.Refused, "not allowed") || !last.Sensitive {
		t.Errorf("what was counted is told by %+v", last)
	}
	h.Clock.Pass(16 * time.Second) // one in each second is an entry of its own again
	deny(t, h, nobody, 32)
	h.Reopen() // and what was counted is written at the end
	wantDenied(t, h, nobody, authority.RefusedAtOnce+1+16+1, authority.RefusedAtOnce+3200+32)
}

func TestDenied_WhatCouldNotBeWrittenIsWrittenTheNextTime(t *testing.T) {
	h, g := gated(t)
	nobody, _ := h.Holder()
	deny(t, h, nobody, authority.RefusedAtOnce)
	since := h.Clock.Millis()
	deny(t, h, nobody, 16)
	g.Before(func(context.Context) error { return errors.New("no disk") })
	h.Clock.Pass(time.Millisecond)
	h.Round(t.Context())
	g.Before(nil)
	deny(t, h, nobody, 16)
	h.Round(t.Context())
	wantDenied(t, h, nobody, authority.RefusedAtOnce+1, authority.RefusedAtOnce+32)
	if f := lastDenied(h).Fields; len(f) != 2 || f[1].Value != since.String() {
		t.Errorf("the entry says %v, want since %s", f, since)
	}
}

func TestDenied_KindsBeyondAreCountedTogether(t *testing.T) {
	h := authoritytest.Open(t)
	nobody, _ := h.Holder()
	deny(t, h, nobody, authority.RefusedAtOnce)
	for i := range authority.MaxKinds + 44 {
		h.RecordRefusal(t.Context(), as(nobody, "deleteToken"), fault.New(fault.NotFound, "Reason %d.", i))
	}
	h.Round(t.Context())
	wantDenied(t, h, nobody, authority.RefusedAtOnce+authority.MaxKinds, authority.RefusedAtOnce+authority.MaxKinds)
	wantDenied(t, h, policy.Actor{}, 1, 44)
}
