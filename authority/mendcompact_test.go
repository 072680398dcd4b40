package authority_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// many makes n tokens, their names beginning with the word.
func many(t *testing.T, h *authoritytest.House, n int, word string) []token.ID {
	t.Helper()
	ids := make([]token.ID, n)
	var all sync.WaitGroup
	for k := range 64 {
		all.Go(func() {
			for i := k; i < n; i += 64 {
				v, _, err := h.CreateToken(authoritytest.Mine(context.Background()), as(root(), "createSystemToken"), draft(fmt.Sprint(word, " ", i)))
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = v.ID
			}
		})
	}
	all.Wait()
	return ids
}

// oldOnes is how many tokens are made a day before the others.
const oldOnes = 2*authority.MendBatch + 300

// compactor compacts the store of a House again and again, and counts batches
// of mendings by what they met. Every second one waits for a compaction to end.
type compactor struct {
	h           *authoritytest.House
	batches     atomic.Int64
	exchanged   atomic.Int64 // batches that came right after the files were exchanged
	compactions atomic.Int64
	over        atomic.Bool
	all         sync.WaitGroup
}

func (c *compactor) begin(t *testing.T, g *authoritytest.Gate) {
	t.Cleanup(c.end)
	db := c.h.DB.(store.Compacter)
	g.Before(func(ctx context.Context) error {
		if !authoritytest.IsMine(ctx) && c.batches.Add(1)%2 == 0 {
			for before := c.compactions.Load(); c.compactions.Load() == before && !c.over.Load() && !t.Failed(); {
				time.Sleep(100 * time.Microsecond)
			}
			c.exchanged.Add(1)
		}
		return nil
	})
	c.all.Go(func() {
		for !c.over.Load() && !t.Failed() {
			if _, err := db.Compact(context.Background(), c.h.SoundRow); err != nil {
				t.Error(err)
			}
			c.compactions.Add(1)
		}
	})
}

func (c *compactor) end() {
	c.over.Store(true)
	c.all.Wait()
}

// churn makes, rotates and deletes tokens until over is set. What a policy
// that is being set refuses is no fault.
func churn(h *authoritytest.House, over *atomic.Bool, name string) {
	mine := authoritytest.Mine(context.Background())
	for n := 0; !over.Load(); n++ {
		v, _, err := h.CreateToken(mine, as(root(), "createSystemToken"), draft(fmt.Sprint(name, n)))
		if err != nil {
			continue
		}
		if next, _, err := h.RotateToken(mine, as(root(), "rotateToken"), v.ID, 0); err == nil && n%2 == 0 {
			// A policy may have been faster.
			_ = h.DeleteToken(mine, as(root(), "deleteToken"), next.ID)
		}
	}
}

// Bringing rows up to date writes batches of many of them between compactions of the store, and
// waits for them.
// Afterwards all is as the audit log tells (which each House is asked at its end, before and after
// a restart), and each token is what the policies made of it, once.
func TestChangesOfPolicyDuringCompactionsReachEveryTokenOnce(t *testing.T) {
	h, g := gated(t)
	old := many(t, h, oldOnes, "old")
	h.Clock.Pass(day)
	young := many(t, h, 700, "young")
	h.Clock.Pass(time.Hour)
	office := filter(t, h, "office", "allow all")
	c := &compactor{h: h}
	c.begin(t, g)
	for n := range 2 {
		c.all.Go(func() { churn(h, &c.over, fmt.Sprint(n, " ")) })
	}
	mine := authoritytest.Mine(t.Context())
	for _, s := range []policy.Security{
		// Concerns every token.
		{Enabled: true, FilterID: office},
		{Enabled: true, FilterID: office, MaxAgeMs: 2 * day.Milliseconds()}, // caps every token
		// Deletes the old ones and caps the others.
		{Enabled: true, FilterID: office, MaxAgeMs: day.Milliseconds()},
		// Deletes all that were there before.
		{Enabled: true, FilterID: office, MaxAgeMs: minute.Milliseconds() * 9},
	} {
		_, err := h.SetSecurity(mine, as(root(), setAction), change(s))
		must(t, err)
		brought(t, h, s, append(old, young...))
		must(t, h.Mend(context.Background()))
		brought(t, h, s, append(old, young...))
	}
	c.end()
	entriesOf(t, h, old, 4)   // made, filtered, capped, deleted
	entriesOf(t, h, young, 5) // capped twice
	t.Logf("%d batches, %d of them right after the end of a compaction; %d compactions", c.batches.Load(), c.exchanged.Load(), c.compactions.Load())
	if c.exchanged.Load() == 0 {
		t.Error("no batch came between two compactions")
	}
}

// brought fails the test unless each of the tokens is what the policy makes of
// it.
func brought(t *testing.T, h *authoritytest.House, s policy.Security, ids []token.ID) {
	t.Helper()
	for i, id := range ids { // one by one: pages move while tokens come and go
		born := authoritytest.Noon
		if i >= oldOnes {
			born = born.Add(day)
		}
		end := epoch.Of(born).Add(time.Duration(s.MaxAgeMs) * time.Millisecond)
		if s.MaxAgeMs > 0 && end <= h.Clock.Millis() {
			if listed(h, id) {
				t.Fatalf("%s is there still under %+v", id, s)
			}
			continue
		}
		if v := shown(t, h, id); v.FilterID != s.FilterID || s.MaxAgeMs > 0 && v.ExpireAt != end {
			t.Fatalf("under %+v it is %+v", s, v)
		}
	}
}

// entriesOf fails the test unless each of the tokens has so many entries.
func entriesOf(t *testing.T, h *authoritytest.House, ids []token.ID, want int) {
	t.Helper()
	got := map[string]int{}
	for _, e := range h.Trail() {
		got[e.TokenID]++
	}
	for _, id := range ids {
		if got[string(id)] != want {
			t.Fatalf("%d entries about %s, want %d", got[string(id)], id, want)
		}
	}
}
