//go:build bench

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		code = max(code, 1)
	}
	os.Exit(code)
}

// published is a page of performance.md with a place for figures.
const published = "before\n<!-- cluster -->\nold\n<!-- end of cluster -->\nafter\n"

func TestBench_ATrialMeasuresEachGoalAndPublishesNothing(t *testing.T) {
	docs := t.TempDir()
	page := filepath.Join(docs, "performance.md")
	if err := os.WriteFile(page, []byte(published), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{ctx: t.Context(), folder: t.TempDir(), settings: settings{
		tokens: 1000, rounds: 1, each: 100 * time.Millisecond, revocations: 3, docs: docs,
	}}
	defer func() {
		if err := b.stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := b.figures(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"16 callers", "64 callers", "share of each node", "holds on every node", "after the answer, idle", "16 writers", "change of policy"} {
		if !slices.ContainsFunc(b.goals, func(g figures.Goal) bool { return strings.Contains(g.What, want) }) {
			t.Errorf("no goal about %q among %v", want, b.goals)
		}
	}
	for _, r := range b.rows {
		if strings.Contains(r.name, " B") && strings.HasPrefix(r.figure, "-") {
			t.Errorf("%s takes %s", r.name, r.figure)
		}
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != published {
		t.Errorf("a run without -write left the page as\n%s%v", got, err)
	}
}

func TestBench_AMillionHasAPlaceOfItsOwn(t *testing.T) {
	page, err := os.ReadFile("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tokens := range []int{100_000, million} {
		place := (&bench{settings: settings{tokens: tokens}}).place()
		if !strings.Contains(string(page), "<!-- "+place+" -->\n") || !strings.Contains(string(page), "<!-- end of "+place+" -->\n") {
			t.Errorf("the page has no place for the figures of %d tokens, %q", tokens, place)
		}
	}
}

func TestShares_TheLeastIsTold(t *testing.T) {
	c := newCounts(3)
	c[0].Store(70)
	c[1].Store(10)
	c[2].Store(20)
	if least, text := shares(c); least != 0.1 || text != "70 % / 10 % / 20 %" {
		t.Errorf("got %v, %q", least, text)
	}
}

func TestAgainst_ARatioIsOfRoundsThatTookPlaceTogether(t *testing.T) {
	rate := func(rates ...float64) (all []round) {
		for _, r := range rates {
			all = append(all, round{Result: load.Result{Rate: r}})
		}
		return all
	}
	// The machine was twice as fast in one round, for both.
	if got := against(rate(10, 20, 12), rate(20, 40, 20)); got != 0.5 {
		t.Errorf("got %v, want 0.5", got)
	}
}

func TestRevoked_OneLateAcceptanceMissesTheGoal(t *testing.T) {
	for late, met := range map[bool]bool{false: true, true: false} {
		b := &bench{}
		b.revoked("idle", []revocation{{answered: time.Millisecond, refused: time.Millisecond}, {late: late}})
		if len(b.goals) != 1 || b.goals[0].Met != met {
			t.Errorf("late %v: %v", late, b.goals)
		}
	}
}
