package bolt

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tokenscale/store"
)

// BenchmarkUpdate writes four small rows in each transaction, as the creation of a token does,
// from 1, 16 and 64 callers at once.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("%d callers", callers), func(b *testing.B) {
			db := mustOpen(b, Options{Folder: b.TempDir(), Tables: []store.Table{"rows"}})
			value := make([]byte, 120)
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range callers {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						err := db.Update(b.Context(), func(w store.Writer) error {
							for i := range int64(4) {
								// Spread the keys as random identifiers would be.
								if err := w.Put("rows", fmt.Appendf(nil, "%016x", uint64(4*n+i)*0x9e3779b97f4a7c15), value); err != nil {
									return err
								}
							}
							return nil
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.StopTimer()
			s := db.Stats()
			b.ReportMetric(float64(s.Updates)/b.Elapsed().Seconds(), "updates/s")
			b.ReportMetric(float64(s.Updates)/float64(s.Commits), "updates/commit")
		})
	}
}

// BenchmarkView reads one row in a transaction.
func BenchmarkView(b *testing.B) {
	db := mustOpen(b, Options{Folder: b.TempDir(), Tables: []store.Table{"rows"}})
	if err := db.Update(b.Context(), func(w store.Writer) error { return w.Put("rows", []byte("key"), []byte("value")) }); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		err := db.View(b.Context(), func(r store.Reader) error {
			_, err := r.Get("rows", []byte("key"))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
