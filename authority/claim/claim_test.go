package claim_test

import (
	"context"
	"crypto/rand"
	"testing"

	"go.uber.org/goleak"

	"tokenscale/authority/claim"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// late is a store that another node claims between the first look and the transaction.
type late struct {
	store.DB
	first func()
}

func (l *late) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	if first := l.first; first != nil {
		l.first = nil
		first()
	}
	return l.DB.Update(ctx, fn, how...)
}

func TestOfTwoNodesThatNameAStoreAtOnceTheFirstDecides(t *testing.T) {
	db, all := rowstest.Open(t), rows.New(rowstest.Keys(t, "a"))
	other := uint64(0)
	l := &late{DB: db, first: func() {
		var err error
		if other, err = claim.Store(t.Context(), claim.Options{DB: db, Rows: all, Random: rand.Reader}); err != nil {
			t.Error(err)
		}
	}}
	name, err := claim.Store(t.Context(), claim.Options{DB: l, Rows: all, Random: rand.Reader})
	if err != nil || name != other || name == 0 {
		t.Errorf("one node calls the store %d and the other %d, %v", name, other, err)
	}
}

func TestAStoreKeepsItsName(t *testing.T) {
	db, all := rowstest.Open(t), rows.New(rowstest.Keys(t, "a"))
	o := claim.Options{DB: db, Rows: all, Random: rand.Reader}
	first, err := claim.Store(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := claim.Store(t.Context(), o); err != nil || again != first {
		t.Errorf("it was called %d, and then %d, %v", first, again, err)
	}
	if err := db.View(t.Context(), func(r store.Reader) error {
		_, found, err := all.Policies.Get(r, rows.PoliciesKey)
		if !found {
			t.Error("a new store has no policies")
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
