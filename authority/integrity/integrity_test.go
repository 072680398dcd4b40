package integrity_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// filled returns a store with two filters and three entries, and its rows.
func filled(t *testing.T, keys *keyring.Keys) (store.DB, *rows.Rows) {
	t.Helper()
	db, all := rowstest.Open(t), rows.New(keys)
	db.SumBy(keys)
	rowstest.Write(t, db, func(w store.Writer) error {
		for _, id := range []ipfilter.ID{"f1", "f2"} {
			if err := all.Filters.Put(w, string(id), ipfilter.Filter{ID: id, Name: string(id), Text: "allow all"}); err != nil {
				return err
			}
		}
		return ledger.New(all).AppendAll(w, []audit.Entry{{Time: 1}, {Time: 2}, {Time: 3}})
	})
	return db, all
}

// spoil changes one bit of a row.
func spoil(t *testing.T, db store.DB, table store.Table, key string) {
	t.Helper()
	rowstest.Write(t, db, func(w store.Writer) error {
		row, err := w.Get(table, []byte(key))
		if err != nil {
			return err
		}
		bad := bytes.Clone(row)
		bad[len(bad)-1] ^= 1
		return w.Put(table, []byte(key), bad)
	})
}

func inspect(t *testing.T, db store.DB, keys *keyring.Keys) (rep integrity.Report, err error) {
	t.Helper()
	_ = db.View(t.Context(), func(r store.Reader) error {
		rep, err = integrity.Inspect(t.Context(), r, keys)
		return nil
	})
	return rep, err
}

func TestAnInspectionCountsTheRowsAndNamesTheBadOnes(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	db, all := filled(t, keys)
	rep, err := inspect(t, db, keys)
	if err != nil || rep.Err() != nil || len(rep.Odd) > 0 || rep.Rows(rows.FiltersTable) != 2 || rep.Entries() != 3 || rep.First != 1 || rep.Last != 3 || rep.LastAt != 3 {
		t.Errorf("a sound store: %+v, %v", rep, err)
	}
	if err := integrity.Check(t.Context(), db, all); err != nil {
		t.Errorf("a sound store: %v", err)
	}
	spoil(t, db, rows.FiltersTable, "f2")
	rep, err = inspect(t, db, keys)
	if err != nil || rep.Bad != 1 || rep.Rows(rows.FiltersTable) != 1 || rep.Err() == nil || !strings.Contains(rep.Err().Error(), `"f2"`) {
		t.Errorf("with a bad row: %+v, %v", rep, err)
	}
	if err := integrity.Check(t.Context(), db, all); !integrity.Broken(err) {
		t.Errorf("with a bad row: %v", err)
	}
	if _, err := inspect(t, db, rowstest.Keys(t, "b")); !errors.Is(err, integrity.ErrWrongKeys) {
		t.Errorf("with another key file: %v", err)
	}
}

// Every row here is sound by itself.
func TestRowsThatDoNotFitTogetherAreOdd(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w store.Writer, all *rows.Rows) error
		words  string
	}{
		"a gap in the log": {func(w store.Writer, all *rows.Rows) error {
			return all.Entries.Delete(w, rows.SeqKey(2))
		}, "entry 3 follows entry 1"},
		"a step back in time": {func(w store.Writer, all *rows.Rows) error {
			return all.Entries.Put(w, rows.SeqKey(3), audit.Entry{Seq: 3, Time: 1})
		}, "entry 3 is older than the one before it"},
		"evidence of a change that there is not": {func(w store.Writer, all *rows.Rows) error {
			return all.AddEvidence(w, 2, evidence(9))
		}, "evidence of what entry 2 did to each token, and no entry that says so"},
		"a change without its evidence": {func(w store.Writer, all *rows.Rows) error {
			did := audit.Tightened{At: 3, Deleted: 1, Pieces: []string{evidence(9)[0].Hash()}}
			return all.Entries.Put(w, rows.SeqKey(3), audit.Entry{Seq: 3, Time: 3, Type: audit.PolicyChanged, Fields: did.Fields()})
		}, "the evidence of what entry 3 did to each token is not what was written: it tells of 0 of 1 tokens"},
		"a change with other evidence": {func(w store.Writer, all *rows.Rows) error {
			did := audit.Tightened{At: 3, Deleted: 1, Pieces: []string{evidence(9)[0].Hash()}}
			return errors.Join(all.AddEvidence(w, 3, evidence(8)),
				all.Entries.Put(w, rows.SeqKey(3), audit.Entry{Seq: 3, Time: 3, Type: audit.PolicyChanged, Fields: did.Fields()}))
		}, "it tells of 1 of 1 tokens"},
	} {
		keys := rowstest.Keys(t, "a")
		db, all := filled(t, keys)
		rowstest.Write(t, db, func(w store.Writer) error { return c.change(w, all) })
		rep, err := inspect(t, db, keys)
		if got := fmt.Sprint(rep.Odd); err != nil || rep.Err() != nil || !strings.Contains(got, c.words) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if err := integrity.Check(t.Context(), db, all); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: Check says %v", name, err)
		}
	}
}

// evidence tells that a token was deleted.
func evidence(number uint64) []audit.Piece {
	var v audit.Evidence
	v.Add(audit.Effect{Number: number, Did: audit.Deleted})
	pieces, _ := v.Pieces() // a small one never fails
	return pieces
}

// A row that was put back would get past the policies that came after it.
func TestAStampOutsideTheHistoryIsDamage(t *testing.T) {
	for stamp, bad := range map[uint64]bool{1: true, 2: false, 3: false, 4: true} {
		keys := rowstest.Keys(t, "a")
		db, all := filled(t, keys)
		rowstest.Write(t, db, func(w store.Writer) error {
			row := rows.StoredToken{Token: token.Token{Number: 1, ID: "t"}, Stamp: stamp}
			past := []policy.Tightening{{Rule: policy.Security{Enabled: true, MaxAgeMs: 1 << 50}, At: 1}}
			return errors.Join(all.Tokens.Put(w, rows.TokenKey(1, false), row),
				all.Policies.Put(w, rows.PoliciesKey, policy.History{Policies: policy.Fresh(), Newest: 3, Past: past}))
		})
		rep, err := inspect(t, db, keys)
		if err != nil || (rep.Bad == 1) != bad {
			t.Errorf("stamp %d: %+v, %v", stamp, rep, err)
		}
		saved, done := salvage(t, db, keys)
		left := 0
		must(t, saved.View(t.Context(), func(r store.Reader) error {
			return all.Tokens.Each(r, store.Range{}, func(_ []byte, v rows.StoredToken) error {
				if left++; v.Stamp != 3 {
					t.Errorf("it was saved with the stamp %d", v.Stamp)
				}
				return nil
			})
		}))
		if (left == 0) != bad || (done.Lost == 1) != bad {
			t.Errorf("stamp %d: %d were saved, %+v", stamp, left, done)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// salvage puts what is left of a store into a new one. Rows of orphans are met without a table.
func salvage(t *testing.T, from store.DB, keys *keyring.Keys, orphans ...store.Row) (store.DB, integrity.Salvaged) {
	t.Helper()
	to := rowstest.Open(t)
	s := integrity.NewSalvager(to, keys)
	for _, table := range rows.Tables() {
		if err := from.View(t.Context(), func(r store.Reader) error {
			return r.Scan(table, store.Range{}, func(key, row []byte) error { return s.Take(t.Context(), table, key, row) })
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range orphans {
		if err := s.Take(t.Context(), "", o.Key, o.Value); err != nil {
			t.Fatal(err)
		}
	}
	done, err := s.Finish(t.Context(), 9, nil)
	if err != nil {
		t.Fatal(err)
	}
	return to, done
}

func TestASalvageTakesOnlyWhatIsCertainAndMakesTheRestStricter(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	db, all := filled(t, keys)
	var second []byte
	rowstest.Write(t, db, func(w store.Writer) (err error) {
		row, err := w.Get(rows.AuditTable, []byte(rows.SeqKey(2)))
		second = bytes.Clone(row)
		return errors.Join(err, all.Entries.Delete(w, rows.SeqKey(2)))
	})
	spoil(t, db, rows.FiltersTable, "f2")
	for name, c := range map[string]struct {
		orphans    []store.Row
		gaps, last int
	}{
		"an entry is lost":                {nil, 1, 4},
		"nothing in the file leads to it": {[]store.Row{{Key: []byte(rows.SeqKey(2)), Value: second}}, 0, 4},
		"it stands in another's place":    {[]store.Row{{Key: []byte(rows.SeqKey(4)), Value: second}}, 1, 4},
	} {
		saved, done := salvage(t, db, keys, c.orphans...)
		if done.Gaps != c.gaps || done.Bad[rows.FiltersTable] != 1 || done.Rows[rows.FiltersTable] != 1 || !done.Disabled {
			t.Errorf("%s: %+v", name, done)
		}
		if err := saved.View(t.Context(), func(r store.Reader) error {
			last, err := ledger.New(all).Last(r)
			if last.Type != audit.Salvaged || int(last.Seq) != c.last || last.Time != 9 {
				t.Errorf("%s: the last entry is %+v", name, last)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// What is bad is told of once, and the rest is read on.
func TestAScrubbingTellsOfABadRowOnce(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	db, all := filled(t, keys)
	s := integrity.NewScrubber(integrity.ScrubOptions{
		DB: db, Rows: all, Index: index.New(), Now: func() epoch.Millis { return 9 }, Log: slog.New(slog.DiscardHandler),
	})
	spoil(t, db, rows.AuditTable, rows.SeqKey(1))
	for range 2 {
		if next, err := s.Batch(t.Context(), rows.AuditTable, nil); next != nil || err != nil {
			t.Fatalf("%q, %v", next, err)
		}
	}
	if stats := s.Stats(); stats.Bad != 1 || stats.Rows < 6 {
		t.Errorf("got %+v", stats)
	}
	rep, err := inspect(t, db, keys)
	if err != nil || rep.Entries() != 3 { // two sound ones of before, and one about the bad one
		t.Errorf("%d entries, %v", rep.Entries(), err)
	}
}

// What is changed and added while a walk goes on makes no false alarm, whether the walk has passed
// it or not; a row that was lost meanwhile is noticed once all is quiet.
func TestAScrubbingAddsUpWhatChangesMeanwhile(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	db, all := rowstest.Open(t), rows.New(keys)
	db.SumBy(keys)
	s := integrity.NewScrubber(integrity.ScrubOptions{
		DB: db, Rows: all, Index: index.New(), Now: func() epoch.Millis { return 9 }, Log: slog.New(slog.DiscardHandler),
	})
	put := func(first, last int) error {
		return db.Update(context.Background(), func(w store.Writer) (err error) {
			for n := first; n <= last; n++ {
				err = errors.Join(err, all.Checkpoints.Put(w, rows.SeqKey(uint64(n)), strconv.Itoa(rand.Int())))
			}
			return err
		})
	}
	if err := put(1, 600); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	over := make(chan struct{})
	for range 2 {
		work.Go(func() {
			for n := 600; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				some := 1 + rand.IntN(n)
				if err := errors.Join(put(some, some), put(n, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		if err := s.Pass(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(over)
	work.Wait()
	if err := s.Pass(t.Context()); err != nil || s.Stats().Bad != 0 {
		t.Errorf("%d false alarms, %v", s.Stats().Bad, err)
	}
	db.SumBy(blind{keys})
	rowstest.Write(t, db, func(w store.Writer) error { return w.Delete(rows.CheckpointsTable, []byte(rows.SeqKey(7))) })
	db.SumBy(keys)
	if err := s.Pass(t.Context()); err != nil || s.Stats().Bad != 1 {
		t.Errorf("a lost row: %d alarms, %v", s.Stats().Bad, err)
	}
}

// blind does not see what it adds up.
type blind struct{ store.Summer }

func (blind) Share(store.Table, []byte, []byte) store.Sum { return store.Sum{} }
