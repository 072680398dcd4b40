package rows

import (
	"fmt"
	"testing"

	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// BenchmarkNumberOfATokenThatIsGone is what a question for the audit entries of a token costs that
// is not there any more, or never was, if a million were created and as many changed.
func BenchmarkNumberOfATokenThatIsGone(b *testing.B) {
	const million = 1_000_000
	db, err := bolt.Open(bolt.Options{Folder: b.TempDir(), Tables: Tables(), BatchBytes: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	r := New(newKeys(b))
	for from := 1; from <= million; from += 50_000 {
		if err := db.Update(b.Context(), func(w store.Writer) error {
			for n := from; n < from+50_000; n++ {
				id := token.ID(fmt.Sprintf("%032d", n*7919%million))
				if err := r.Subjects.Put(w, SubjectKey(token.Number(n), uint64(n)), id); err != nil {
					return err
				}
				if err := r.Subjects.Put(w, SubjectKey(token.Number(n), uint64(n+million)), ""); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := db.View(b.Context(), func(tx store.Reader) error {
			if n, err := r.NumberEver(tx, "nobody-nobody-nobody-nobody-nobo"); n != 0 || err != nil {
				b.Fatal(n, err)
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
