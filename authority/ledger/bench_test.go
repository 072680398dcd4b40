package ledger

import (
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// BenchmarkAppend is the cost of an audit entry inside a transaction of a
// thousand, with the tree and without.
func BenchmarkAppend(b *testing.B) {
	for name, put := range map[string]func(Ledger, store.Writer, []audit.Entry) error{
		"with the tree": Ledger.AppendAll,
		"without": func(l Ledger, w store.Writer, entries []audit.Entry) error {
			last, err := l.Last(w)
			for i := range entries {
				e := entries[i]
				e.Seq, e.Time = last.Seq+uint64(i)+1, max(e.Time, last.Time)
				if err == nil {
					err = l.rows.Entries.Put(w, rows.SeqKey(e.Seq), e)
				}
				if err == nil {
					err = l.rows.Subjects.Put(w, rows.SubjectKey(1, e.Seq), token.ID(e.TokenID))
				}
			}
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			db := benchStore(b)
			l, entries := New(rows.New(testKeys(b, "a"))), someEntries(1000)
			for b.Loop() {
				if err := db.Update(b.Context(), func(w store.Writer) error { return put(l, w, entries) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/entry")
		})
	}
}

func benchStore(b *testing.B) store.DB {
	b.Helper()
	db, err := bolt.Open(bolt.Options{Folder: b.TempDir(), Tables: rows.Tables()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// BenchmarkProof is the cost of a checkpoint and of proofs over 100,000
// entries.
func BenchmarkProof(b *testing.B) {
	const n = 100_000 - 1
	db := benchStore(b)
	keys := testKeys(b, "a")
	l := New(rows.New(keys))
	if err := db.Update(b.Context(), func(w store.Writer) error { named(b, w, keys, 1); return nil }); err != nil {
		b.Fatal(err)
	}
	for left := n; left > 0; left -= 5000 {
		entries := someEntries(min(left, 5000))
		if err := db.Update(b.Context(), func(w store.Writer) error { return l.AppendAll(w, entries) }); err != nil {
			b.Fatal(err)
		}
	}
	for name, do := range map[string]func(store.Reader) error{
		"checkpoint": func(r store.Reader) error {
			_, err := l.sign(r, audit.SignedCheckpoint{}, epoch.Millis(1))
			return err
		},
		"inclusion":   func(r store.Reader) error { _, err := l.ProveEntry(r, n/3, n); return err },
		"consistency": func(r store.Reader) error { _, err := l.ProveGrowth(r, n/3, n); return err },
		"all of it":   func(r store.Reader) error { _, err := Examine(b.Context(), r, l.rows.Keys); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := db.View(b.Context(), do); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
