package authority_test

import (
	"context"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
)

func TestAudit_EachPageOfAllEntriesIsTheSameAsWithAFilterThatSelectsAll(t *testing.T) {
	h := authoritytest.Open(t)
	for range 7 {
		filter(t, h, "f", "allow all")
	}
	for skip := range 9 {
		for limit := range 9 {
			q := audit.Query{Skip: skip, Limit: limit}
			total, page, err := h.Events(t.Context(), root(), q)
			must(t, err)
			q.Until = h.Clock.Millis() + 1
			sameTotal, samePage, err := h.Events(t.Context(), root(), q)
			must(t, err)
			if total != sameTotal || len(page) != len(samePage) {
				t.Fatalf("skip %d, limit %d: %d of %d, want %d of %d", skip, limit, len(page), total, len(samePage), sameTotal)
			}
			for i := range page {
				if page[i].Seq != samePage[i].Seq {
					t.Errorf("skip %d, limit %d: entry %d is number %d, want %d", skip, limit, i, page[i].Seq, samePage[i].Seq)
				}
			}
		}
	}
}

func TestAudit_ASearchWhoseTimeIsUpSaysSo(t *testing.T) {
	h := authoritytest.Open(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, _, err := h.Events(ctx, root(), audit.Query{Limit: 1})
	refusal(t, err, fault.Unavailable, "took too long")
}
