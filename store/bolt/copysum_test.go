package bolt

import (
	"errors"
	"testing"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// blind does not see what it adds up.
type blind struct{ storetest.Plain }

func (blind) Share(store.Table, []byte, []byte) store.Sum { return store.Sum{} }

// A row that somebody put in, changed or took out beside the server is as good as any other in the
// copy, and the copy would be the store from then on.
func TestACompactionKeepsAFileWhoseRowsDoNotAddUp(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(w store.Writer) error{
		"nothing":       nil,
		"a row changed": func(w store.Writer) error { return w.Put(things, []byte("09-000"), []byte("other")) },
		"a row missing": func(w store.Writer) error { return w.Delete(things, []byte("09-199")) },
		"a row more":    func(w store.Writer) error { return w.Put(things, []byte("zz"), []byte("x")) },
	} {
		o := options(memory(t))
		o.Tables = []store.Table{things, "others"} // Plain knows of two
		db := mustOpen(t, o)
		db.SumBy(storetest.Plain{})
		fill(t, db)
		if harm != nil {
			db.SumBy(blind{})
			must(t, db.Update(t.Context(), harm))
			db.SumBy(storetest.Plain{})
		}
		want := content(t, db)
		_, err := db.Compact(t.Context(), anything)
		if harm == nil {
			must(t, err)
		} else if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, db.Err())
		stillWhole(t, db, want)
		must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put(things, []byte("next"), []byte("x")) }))
	}
}
