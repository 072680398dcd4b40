package demo

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a visitor sees: about thirty tokens that were made, used and end at
// different times, and one of each kind that the page shows in its own way.
func TestADemonstrationLooksAlive(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 30, 0, 0, time.UTC)
	folder := t.TempDir()
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: rows.Tables(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys, err := keyring.Create(filepath.Join(folder, "keys"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := authority.Options{DB: db, Keys: keys, Now: func() time.Time { return now }, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)}
	root, err := Fill(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Open(t.Context(), o) // as the server does that is demonstrated
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(t.Context())
	by, outcome := a.Verify(root.Reveal(), office)
	if outcome != policy.Accepted {
		t.Fatalf("root is %v", outcome)
	}
	page, err := a.Tokens(by, token.Query{Limit: 100})
	if err != nil || page.Total < 30 || page.Total > 40 {
		t.Fatalf("%d tokens, %v; want about thirty", page.Total, err)
	}
	soon, expired, grace, unused := 0, 0, 0, 0
	for _, v := range page.Tokens {
		left := v.ExpireAt.Time().Sub(now)
		switch {
		case left <= 0:
			expired++
		case left < 7*day:
			soon++
		}
		if v.LastUsedAt == 0 {
			unused++
		}
		if v.ReplacedBy != "" {
			grace++
		}
	}
	if expired != 1 || soon < 4 || grace != 1 || unused < 3 {
		t.Errorf("%d have expired, %d end within a week, %d are in a grace period, %d were never used", expired, soon, grace, unused)
	}
	idle := now.Add(-90 * day).UnixMilli()
	if long, err := a.Tokens(by, token.Query{UnusedSince: epoch.Millis(idle)}); err != nil || long.Total != 2 {
		t.Errorf("%d tokens were not used for 90 days, %v; want two", long.Total, err)
	}
	if gone, err := a.Tokens(by, token.Query{States: []token.State{token.Ended}, Search: "Contractor", Limit: 1}); err != nil || len(gone.Tokens) != 1 || gone.Tokens[0].Tried.At == 0 {
		t.Errorf("%+v, %v; want a token that somebody still tries", gone.Tokens, err)
	}
	if c := a.ClockState(); c.Behind != 0 || c.Ahead != 0 {
		t.Errorf("the clock is %+v, want nothing wrong with it", c)
	}
	if n := a.FilterCount(); n.All < 6 || n.Shut != 0 {
		t.Errorf("filters: %+v", n)
	}
}
