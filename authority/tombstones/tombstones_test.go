package tombstones_test

import (
	"fmt"
	"testing"

	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/authority/tombstones"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// Of more than may be kept the oldest go, and all nodes and restarts know the same.
func TestForget_OfTooManyTheOldestGo(t *testing.T) {
	db, all := rowstest.Open(t), rows.New(rowstest.Keys(t, "a"))
	s := tombstones.New(db, all, index.New())
	const tooMany = 3
	if err := db.Update(t.Context(), func(w store.Writer) error {
		for i := range policy.MostEnded + tooMany {
			v := rows.Tombstone{Token: token.Token{ID: token.ID(fmt.Sprint(i))}, End: rows.End{At: epoch.Millis(1 + i), Why: token.EndDeleted}}
			if err := all.Tombstones.Put(w, v.Key(), v); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), 1, 2); err != nil {
		t.Fatal(err)
	}
	again := tombstones.New(db, all, index.New())
	if err := db.View(t.Context(), again.Load); err != nil {
		t.Fatal(err)
	}
	for when, s := range map[string]*tombstones.Tombstones{"at once": s, "after a restart": again} {
		if n := s.Len(); n != policy.MostEnded || s.Find(token.ID(fmt.Sprint(tooMany-1))) != nil || s.Find(token.ID(fmt.Sprint(tooMany))) == nil {
			t.Errorf("%s there are %d, want the last %d", when, n, policy.MostEnded)
		}
	}
}
