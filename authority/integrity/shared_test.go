package integrity_test

import (
	"log/slog"
	"testing"
	"time"

	"tokenscale/authority/authoritytest"
	"tokenscale/authority/index"
	"tokenscale/authority/integrity"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/epoch"
)

// One node compares all rows with the store that all share, once a day, and goes on saying what it
// has found until it finds otherwise.
func TestANodeComparesWhatItReadsWithTheStoreOnceADay(t *testing.T) {
	keys, now := rowstest.Keys(t, "a"), epoch.Millis(9)
	db := rowstest.Open(t)
	db.SumBy(keys)
	node := &authoritytest.Node{DB: db}
	s := integrity.NewScrubber(integrity.ScrubOptions{
		DB: node, Rows: rows.New(keys), Index: index.New(), Now: func() epoch.Millis { return now }, Log: slog.New(slog.DiscardHandler),
	})
	finds := func(what string, want uint64) {
		t.Helper()
		if err := s.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.Stats().Different; got != want {
			t.Errorf("%s: %d rows are different, want %d", what, got, want)
		}
	}
	day := epoch.Millis(24 * time.Hour / time.Millisecond)
	finds("all is well", 0)
	node.Differ(3)
	now += day - 1
	finds("a millisecond less than a day later", 0)
	now++
	finds("a day later", 3)
	node.Differ(0)
	now += day
	node.CutOff(true)
	finds("while it keeps no house", 3)
	node.CutOff(false)
	finds("once it is back", 0)
}
