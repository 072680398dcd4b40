package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenscale/store"
)

// model runs random transactions against the store and against maps.
func model(t *testing.T, open Open) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		db := open(t, dir)
		db.SumBy(Plain{})
		defer func() {
			if err := db.Close(); err != nil {
				rt.Error(err)
			}
		}()
		feed := newTables()
		db.Follow(feed.follow)
		want := newTables()
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
				if err := db.Close(); err != nil {
					rt.Fatal(err)
				}
				db = open(t, dir)
				db.SumBy(Plain{})
				db.Follow(feed.follow)
			}
			want = transact(rt, db, want)
			compare(rt, db, want)
			if diff := cmp.Diff(want, feed); diff != "" {
				rt.Fatalf("what a follower knows (-want +got):\n%s", diff)
			}
		}
	})
}

// tables are the rows of all tables.
type tables map[store.Table]map[string]string

func newTables() tables {
	m := tables{}
	for _, t := range Tables {
		m[t] = map[string]string{}
	}
	return m
}

func (m tables) clone() tables {
	c := tables{}
	for t, rows := range m {
		c[t] = maps.Clone(rows)
	}
	return c
}

func (m tables) follow(changes []store.Change) {
	for _, c := range changes {
		if c.Value == nil {
			delete(m[c.Table], string(c.Key))
		} else {
			m[c.Table][string(c.Key)] = string(c.Value)
		}
	}
}

var (
	someTable = rapid.SampledFrom(Tables)
	someKey   = rapid.StringMatching(`[abc]{1,3}`)
	someValue = rapid.StringN(0, 8, 40)
)

// transact runs one random transaction and returns what the tables hold after it.
func transact(rt *rapid.T, db store.DB, before tables) tables {
	after := before.clone()
	fails := rapid.IntRange(0, 4).Draw(rt, "fails") == 0
	err := db.Update(rt.Context(), func(w store.Writer) error {
		after = before.clone()
		for range rapid.IntRange(0, 12).Draw(rt, "operations") {
			if err := operate(rt, w, after); err != nil {
				return err
			}
		}
		if fails {
			return errRefused
		}
		return nil
	})
	switch {
	case fails && errors.Is(err, errRefused):
		return before
	case fails || err != nil:
		rt.Fatalf("Update: %v", err)
	}
	return after
}

func operate(rt *rapid.T, w store.Writer, m tables) error {
	t, k := someTable.Draw(rt, "table"), someKey.Draw(rt, "key")
	switch rapid.IntRange(0, 4).Draw(rt, "operation") {
	case 0, 1:
		v := someValue.Draw(rt, "value")
		m[t][k] = v
		return w.Put(t, []byte(k), []byte(v))
	case 2:
		delete(m[t], k)
		return w.Delete(t, []byte(k))
	case 3:
		got, err := w.Get(t, []byte(k))
		if want, has := m[t][k]; string(got) != want || has != (got != nil) {
			return fmt.Errorf("get %s: %q; want %q, %v", k, got, want, has)
		}
		return err
	}
	return scan(rt, w, t, m[t])
}

// scan compares a random range.
func scan(rt *rapid.T, r store.Reader, t store.Table, m map[string]string) error {
	rg := store.Range{Reverse: rapid.Bool().Draw(rt, "reverse"), One: rapid.Bool().Draw(rt, "one")}
	if rapid.Bool().Draw(rt, "has from") {
		rg.From = []byte(someKey.Draw(rt, "from"))
	}
	if rapid.Bool().Draw(rt, "has to") {
		rg.To = []byte(someKey.Draw(rt, "to"))
	}
	want := []string{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k >= string(rg.From) && (rg.To == nil || k < string(rg.To)) {
			want = append(want, k+"="+m[k])
		}
	}
	if rg.Reverse {
		slices.Reverse(want)
	}
	if rg.One {
		want = want[:min(1, len(want))]
	}
	got, err := rows(r, t, rg)
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("scan of %q to %q, reverse %v, one %v (-want +got):\n%s", rg.From, rg.To, rg.Reverse, rg.One, diff)
	}
	return err
}

func compare(rt *rapid.T, db store.DB, want tables) {
	err := db.View(rt.Context(), func(r store.Reader) error {
		for _, t := range Tables {
			if err := scan(rt, r, t, want[t]); err != nil {
				return fmt.Errorf("after the transaction: %w", err)
			}
		}
		return Summed(r)
	})
	if err != nil {
		rt.Fatal(err)
	}
}
