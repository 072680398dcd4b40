package authority_test

import (
	"context"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
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

func TestEvents_ByActionAndByName(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	made, _ := h.Token(draft("nurse"))
	must(t, h.DeleteToken(t.Context(), as(by, "deleteSystemToken"), made.ID))
	again, _ := h.Token(draft("nurse"))
	h.Token(draft("nursery"))
	for name, c := range map[string]struct {
		q    audit.Query
		want int
	}{
		"one action":                {audit.Query{Actions: []string{"deleteSystemToken"}}, 1},
		"either action":             {audit.Query{Actions: []string{"deleteSystemToken", "createSystemToken"}}, 5},
		"about all of a name":       {audit.Query{TokenID: "nurse"}, 3},
		"about one of them":         {audit.Query{TokenID: string(again.ID)}, 1},
		"about a name of none":      {audit.Query{TokenID: "nurs"}, 0},
		"by the name of the actor":  {audit.Query{Actor: by.Name}, 1},
		"by the id of the actor":    {audit.Query{Actor: string(by.ID)}, 1},
		"by name about all of name": {audit.Query{Actor: by.Name, TokenID: "nurse", Actions: []string{"createSystemToken"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.Limit = 10
			total, page, err := h.Events(t.Context(), root(), c.q)
			if err != nil || total != c.want || len(page) != c.want {
				t.Errorf("%d entries, %d on the page, want %d: %v", total, len(page), c.want, err)
			}
		})
	}
}
