//go:build bench

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

// The bench starts itself anew for each role, and so does its test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-process" {
		main()
		return
	}
	os.Exit(m.Run())
}

// published is a page of performance.md with a place for figures.
const published = "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n"

// trial is a run that is over soon, beside a page of its own.
func trial(t *testing.T) (b *bench, page string) {
	t.Helper()
	docs := t.TempDir()
	page = filepath.Join(docs, "performance.md")
	if err := os.WriteFile(page, []byte(published), 0o644); err != nil {
		t.Fatal(err)
	}
	s := settings{tokens: 1000, rounds: 1, each: 20 * time.Millisecond, after: 200 * time.Millisecond, docs: docs, sizes: sizes{100, 300}}
	return &bench{settings: s, ctx: t.Context(), folder: t.TempDir()}, page
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBench_ATrialMeasuresEachGoalAndPublishesNothing(t *testing.T) {
	b, page := trial(t)
	defer b.stop()
	if err := b.figures(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"one token, ten rules", "10,000 rules", "in turn", "live heap", "start to ready", "under load", "forced collection",
		"authorize", "GraphQL, one token", "page of 50", "any filter", "16 callers", "64 callers", "touches every token", "p99 meanwhile",
	} {
		if !slices.ContainsFunc(b.goals, func(g figures.Goal) bool { return strings.Contains(g.What, want) }) {
			t.Errorf("no goal about %q among %v", want, b.goals)
		}
	}
	if got := read(t, page); got != published {
		t.Errorf("a run without -write left the page as\n%s", got)
	}
}

func TestBench_GrowthIsDrawnOnlyIfAskedTo(t *testing.T) {
	b, page := trial(t)
	b.growth = true
	defer b.stop()
	if err := b.grow(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(page)); err != nil || len(left) != 1 {
		t.Errorf("a run without -write left %v, %v; want the page alone", left, err)
	}
}

func TestBench_WritesBetweenTheMarksAndNowhereElse(t *testing.T) {
	b, page := trial(t)
	b.write = true
	if err := b.publish("figures", "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, page), strings.Replace(published, "old", "new", 1); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := b.publish("growth", "new\n"); err == nil {
		t.Error("wrote to a place that the page does not have")
	}
}

func TestBench_RefusesWhatTheMachineCannotTake(t *testing.T) {
	b, _ := trial(t)
	if err := b.announce(1000); err != nil {
		t.Errorf("a thousand tokens: %v", err)
	}
	if err := b.announce(1 << 50); !errors.As(err, new(tooMany)) {
		t.Errorf("a million of millions: %v", err)
	}
}

func TestBetween_AnAnswerCountsWhereItWasDue(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	sample := func(due int, took time.Duration) load.Sample { return load.Sample{Due: at(due), Took: took} }
	all := []load.Sample{sample(5, 1), sample(10, 100), sample(19, 200), sample(20, 1)}
	got := between(moment{at(10), spending{CPU: 3}}, moment{at(20), spending{CPU: 7}}, all)
	if want := (stretch{took: 10 * time.Millisecond, cpu: 4, p50: 200, p99: 200}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestResult_ARatioIsOfRoundsThatTookPlaceTogether(t *testing.T) {
	rate := func(rates ...float64) (r result) {
		for _, v := range rates {
			r.rounds = append(r.rounds, round{Result: load.Result{Rate: v}})
		}
		return r
	}
	// The machine was twice as fast in one round, for both.
	if got := rate(10, 20, 12).against(rate(20, 40, 20)); got != 0.5 {
		t.Errorf("got %v, want 0.5", got)
	}
}

func TestHouse_ShufflingLosesNoToken(t *testing.T) {
	h := &house{}
	for i := range 100 {
		h.strings = append(h.strings, fmt.Sprintf("%0*d", long, i)...)
	}
	h.shuffle()
	found, moved := map[string]bool{}, 0
	for i := range h.remembered() {
		found[h.secret(i)] = true
		if h.secret(i) != fmt.Sprintf("%0*d", long, i) {
			moved++
		}
	}
	if len(found) != 100 || moved < 90 {
		t.Errorf("%d of 100 are there, %d in another place", len(found), moved)
	}
}
