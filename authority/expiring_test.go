package authority_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/store"
	"tokenscale/token"
)

// warnings returns what the audit log tells of tokens that will expire, the
// oldest first: name and days.
func warnings(h *authoritytest.House) []string {
	told := []string{}
	for _, e := range slices.Backward(h.Trail()) {
		if e.Type == audit.TokenExpiring {
			told = append(told, e.Fields[0].Value+" "+e.Fields[2].Value)
		}
	}
	return told
}

func wantWarnings(t *testing.T, h *authoritytest.House, want ...string) {
	t.Helper()
	must(t, h.WarnOfExpiry(t.Context()))
	must(t, h.WarnOfExpiry(t.Context()))
	if got := warnings(h); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestExpiring_ToldOnceForEachHorizonOverRestarts(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(ending(h, "month", 30*day))
	h.Token(ending(h, "week", 7*day))
	h.Token(draft("endless"))
	wantWarnings(t, h)
	h.Clock.Pass(6 * day)
	wantWarnings(t, h, "week 1")
	h.Clock.Pass(10*day - time.Millisecond)
	wantWarnings(t, h, "week 1")
	h.Clock.Pass(time.Millisecond)
	wantWarnings(t, h, "week 1", "month 14")
	h.Reopen()
	wantWarnings(t, h, "week 1", "month 14")
	e := h.Trail()[slices.IndexFunc(h.Trail(), func(e audit.Entry) bool { return e.Type == audit.TokenExpiring })]
	if e.TokenID != string(v.ID) || e.Actor.Type != audit.ActorSystem || e.Fields[1].Value != fmt.Sprint(int64(v.ExpireAt)) {
		t.Errorf("the entry is %s", authoritytest.Describe(e))
	}
	h.Clock.Pass(7 * day)
	wantWarnings(t, h, "week 1", "month 14", "month 7")
	h.Clock.Pass(6 * day)
	wantWarnings(t, h, "week 1", "month 14", "month 7", "month 1")
	h.Clock.Pass(day)
	wantWarnings(t, h, "week 1", "month 14", "month 7", "month 1")
}

func TestExpiring_AfterAStopOnlyTheNearestIsTold(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(ending(h, "x", 30*day))
	h.Token(ending(h, "gone meanwhile", 20*day))
	h.Close()
	h.Clock.Pass(26 * day)
	must(t, h.TryOpen())
	wantWarnings(t, h, "x 7")
	h.Clock.Pass(4*day - time.Millisecond)
	wantWarnings(t, h, "x 7", "x 1")
}

func TestExpiring_ARotatedTokenIsNotToldAgainAndItsPredecessorNever(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(ending(h, "x", 30*day))
	h.Clock.Pass(20 * day)
	wantWarnings(t, h, "x 14")
	next, _, err := h.RotateToken(t.Context(), as(root(), "rotateSystemToken"), v.ID, (7 * day).Milliseconds())
	must(t, err)
	wantWarnings(t, h, "x 14")
	h.Reopen()
	h.Clock.Pass(5 * day)
	wantWarnings(t, h, "x 14", "x 7")
	if e := h.Trail()[0]; e.TokenID != string(next.ID) {
		t.Errorf("the entry is %s, want the successor %s", authoritytest.Describe(e), next.ID)
	}
}

func TestExpiring_ATokenThatAPolicyCapsIsToldSoon(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("endless"))
	h.Clock.Pass(10 * day)
	set(t, h, maximum(15*day))
	wantWarnings(t, h, "endless 7")
	set(t, h, maximum(11*day))
	wantWarnings(t, h, "endless 7", "endless 1")
}

func TestExpiring_ManyAreToldInBatchesAndNoneTwiceWhenAWriteFails(t *testing.T) {
	h, g := gated(t)
	n := 1200
	seed(t, h, n, func(i int, v *token.Token) { v.ExpireAt = h.Clock.Millis().Add(30 * day) })
	h.Clock.Pass(17 * day)
	writes := 0
	g.Before(func(context.Context) error {
		if writes++; writes > 1 {
			return store.ErrFull
		}
		return nil
	})
	if err := h.WarnOfExpiry(t.Context()); err == nil {
		t.Fatal("the second batch was not refused")
	}
	if got := len(warnings(h)); got != 500 {
		t.Fatalf("%d are told, want a batch of 500", got)
	}
	g.Before(nil)
	must(t, h.WarnOfExpiry(t.Context()))
	must(t, h.WarnOfExpiry(t.Context()))
	told := warnings(h)
	slices.Sort(told)
	if got := len(slices.Compact(told)); got != n || len(told) != n {
		t.Errorf("%d entries about %d tokens, want %d", len(told), got, n)
	}
}

func TestExpiring_TheFiguresAreAlwaysThere(t *testing.T) {
	h := authoritytest.Open(t)
	figures := func(one, week, month int) {
		t.Helper()
		got := h.Stats().Expiring
		if len(got) != 3 || got[1] != one || got[7] != week || got[30] != month {
			t.Errorf("got %v, want %d, %d, %d", got, one, week, month)
		}
	}
	figures(0, 0, 0)
	v, _ := h.Token(ending(h, "year", 365*day))
	h.Token(ending(h, "short", minute))
	h.Token(ending(h, "month", 30*day))
	h.Token(draft("endless"))
	figures(0, 0, 0)
	h.Clock.Pass(336 * day)
	figures(0, 0, 1)
	h.Clock.Pass(28*day + time.Hour)
	figures(1, 1, 1)
	rotate(t, h, v.ID, day)
	figures(1, 1, 1)
	h.Clock.Pass(day)
	figures(0, 0, 0)
}

func TestExpiring_NothingIsToldWhereNothingCanBeWritten(t *testing.T) {
	h, g := gated(t)
	h.Token(ending(h, "x", 30*day))
	h.Clock.Pass(20 * day)
	g.Before(func(context.Context) error { return store.ErrFull })
	h.Round(t.Context())
	g.Before(nil)
	h.Round(t.Context())
	if got := warnings(h); !slices.Equal(got, []string{"x 14"}) {
		t.Errorf("told %q", got)
	}
}
