package authority_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
)

// refuse notes a refused credential from an address.
func refuse(h *authoritytest.House, outcome policy.Outcome, from string) {
	h.Refused(context.Background(), policy.Actor{IP: netip.MustParseAddr(from), RequestID: "r"}, outcome)
}

// counted adds up what the trail says of refused credentials.
func counted(h *authoritytest.House) (entries, count int) {
	for _, e := range h.Trail() {
		for _, f := range e.Fields {
			n := 0
			if _, err := fmt.Sscan(f.Value, &n); e.Type == audit.Refused && f.Name == "count" && err == nil {
				entries++
				count += n
			}
		}
	}
	return entries, count
}

func wantCounts(t *testing.T, h *authoritytest.House, wantEntries, wantCount int) {
	t.Helper()
	must(t, h.FlushRefusals(t.Context()))
	if entries, count := counted(h); entries != wantEntries || count != wantCount {
		t.Errorf("%d entries about %d refusals, want %d about %d", entries, count, wantEntries, wantCount)
	}
}

func TestRefused_TheFirstOfAKindInFullTheOthersCounted(t *testing.T) {
	h := authoritytest.Open(t)
	for range 1000 {
		refuse(h, policy.Wrong, "192.0.2.1")
	}
	wantCounts(t, h, 2, 1000)
	if first := h.Trail()[1]; first.Actor.IP != "192.0.2.1" || first.Actor.RequestID != "r" || first.Actor.Type != audit.ActorAnonymous {
		t.Errorf("the first is %s", authoritytest.Describe(first))
	}
	wantCounts(t, h, 2, 1000)
	refuse(h, policy.Wrong, "192.0.2.1") // still known: counted
	wantCounts(t, h, 3, 1001)
	refuse(h, policy.Unknown, "192.0.2.1") // another kind
	wantCounts(t, h, 4, 1002)
}

func TestRefused_AKindThatWasQuietForARoundIsWrittenInFullAgain(t *testing.T) {
	h := authoritytest.Open(t)
	refuse(h, policy.Wrong, "192.0.2.1")
	wantCounts(t, h, 1, 1)
	wantCounts(t, h, 1, 1)
	wantCounts(t, h, 1, 1)
	refuse(h, policy.Wrong, "192.0.2.1")
	wantCounts(t, h, 2, 2)
	if e := h.Trail()[0]; e.Actor.RequestID != "r" {
		t.Errorf("the last is not in full: %s", authoritytest.Describe(e))
	}
}

func TestRefused_OneClientsManyIPv6AddressesAreOneKind(t *testing.T) {
	h := authoritytest.Open(t)
	for i := range 100 {
		refuse(h, policy.Unknown, fmt.Sprintf("2001:db8::%x", i+1))
	}
	wantCounts(t, h, 2, 100)
}

func TestRefused_FromManyAddressesEntriesStayBoundedAndCountsExact(t *testing.T) {
	h := authoritytest.Open(t)
	const n = 5000
	for i := range n {
		refuse(h, policy.Unknown, fmt.Sprintf("10.0.%d.%d", i/250, i%250))
	}
	wantCounts(t, h, authority.MaxKinds+1, n)
}

func TestRefused_WhatCouldNotBeWrittenIsWrittenTheNextTime(t *testing.T) {
	h, g := gated(t)
	for i := range 600 {
		refuse(h, policy.Unknown, fmt.Sprintf("10.0.%d.%d", i%300/250, i%300%250))
	}
	failure := errors.New("no disk")
	g.Before(func(context.Context) error { return failure })
	for range 3 {
		if err := h.FlushRefusals(t.Context()); !errors.Is(err, failure) {
			t.Fatalf("got %v", err)
		}
	}
	g.Before(nil)
	must(t, h.FlushRefusals(t.Context()))
	if _, count := counted(h); count != 600 {
		t.Errorf("%d refusals counted, want 600", count)
	}
}

// If an answer waited for the disk when a kind is new, its time would tell a
// wrong secret of a token that exists from a token that does not.
func TestRefused_NeverWaitsForTheDisk(t *testing.T) {
	h, g := gated(t)
	held := make(chan struct{})
	g.Before(func(context.Context) error { <-held; return nil })
	h.Start()
	done := make(chan struct{})
	go func() {
		refuse(h, policy.Wrong, "192.0.2.1")
		refuse(h, policy.Unknown, "192.0.2.1")
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("a refusal waits for the disk")
	}
	close(held)
}

func TestRefused_TheFirstIsWrittenWithoutWaitingForTheRound(t *testing.T) {
	h := authoritytest.Open(t)
	h.Start()
	refuse(h, policy.Wrong, "192.0.2.1")
	for n := 0; n == 0; n, _ = counted(h) {
		time.Sleep(time.Millisecond)
	}
}

func TestARefusedChangeIsRecordedThoughItsCallerHungUp(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ReadHealthCheck)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	h.RecordRefusal(ctx, as(by, "deleteToken"), fault.New(fault.Forbidden, "not allowed"))
	if e := h.Trail()[0]; e.Refused == "" {
		t.Errorf("the last entry is %s", authoritytest.Describe(e))
	}
}

// What could not be written is counted together with what comes later, from the
// first of them on.
func TestRefused_AfterAFailureTheTimeOfTheFirstIsStillTold(t *testing.T) {
	h, g := gated(t)
	refuse(h, policy.Unknown, "10.0.0.1")
	must(t, h.FlushRefusals(t.Context()))
	first := h.Clock.Millis()
	refuse(h, policy.Unknown, "10.0.0.1")
	g.Before(func(context.Context) error { return errors.New("no disk") })
	for range 3 {
		h.Clock.Pass(time.Hour)
		if h.FlushRefusals(t.Context()) == nil {
			t.Fatal("it was written without a disk")
		}
		refuse(h, policy.Unknown, "10.0.0.1")
	}
	g.Before(nil)
	must(t, h.FlushRefusals(t.Context()))
	trail := h.Trail()
	last := trail[0].Fields
	if want := []audit.Field{audit.One("reason", "unknown"), audit.One("count", "4"), audit.One("since", first.String())}; !cmp.Equal(last, want) {
		t.Errorf("the entry says %v, want %v", last, want)
	}
}
