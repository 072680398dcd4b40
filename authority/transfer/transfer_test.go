package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"tokenscale/audit"
	"tokenscale/authority/claim"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/authority/transfer"
	"tokenscale/ipfilter"
	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// filters and entries are more than a few transactions of a small target take.
const filters, entries = 150, 300

// filled returns a store that a server has left.
func filled(t *testing.T, keys *keyring.Keys) store.DB {
	t.Helper()
	db, all := rowstest.Open(t), rows.New(keys)
	db.SumBy(keys)
	rowstest.Write(t, db, func(w store.Writer) error {
		for i := range filters {
			id := ipfilter.ID(fmt.Sprint("f", i))
			if err := all.Filters.Put(w, string(id), ipfilter.Filter{ID: id, Name: string(id), Text: "allow all"}); err != nil {
				return err
			}
		}
		var list []audit.Entry
		for i := range entries {
			list = append(list, audit.Entry{Time: 1, Action: fmt.Sprint(i)})
		}
		return errors.Join(ledger.New(all).AppendAll(w, list), all.Numbers.Put(w, rows.EpochKey, 3), all.Sealing.Put(w, rows.KeysKey, keyring.Sealing{Key: keys.SealingID(), Done: true, Step: 1}))
	})
	return db
}

// small is a store that takes little in a transaction, as etcd does, and only so many of them. It
// may lose one row of each.
type small struct {
	store.DB
	left  int
	lossy bool
}

var errCut = errors.New("the power is gone")

func (s *small) Limits() (rows, bytes int) { return 30, 4 << 10 }

func (s *small) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	if s.left--; s.left < 0 {
		return errCut
	}
	return s.DB.Update(ctx, func(w store.Writer) error {
		if s.lossy {
			w = &losing{Writer: w}
		}
		return fn(w)
	}, how...)
}

// losing is a transaction that loses what is put under one key.
type losing struct{ store.Writer }

func (l *losing) Put(t store.Table, key, value []byte) error {
	if string(key) == "f77" {
		return nil
	}
	return l.Writer.Put(t, key, value)
}

func options(t *testing.T, from, to store.DB, keys *keyring.Keys) transfer.Options {
	return transfer.Options{
		From: from, To: to, Keys: keys, Way: "bolt to bolt", Alone: func(context.Context) error { return nil },
		Record: rollback.Options{Path: filepath.Join(t.TempDir(), "state"), Now: 2, Log: slog.New(slog.DiscardHandler)},
	}
}

// starts returns what a start on a store says.
func starts(t *testing.T, db store.DB, o transfer.Options) error {
	t.Helper()
	all := rows.New(o.Keys)
	if _, err := claim.Store(t.Context(), claim.Options{DB: db, Rows: all, Random: strings.NewReader("12345678")}); err != nil {
		return err
	}
	return db.View(t.Context(), func(r store.Reader) error { return rollback.Check(r, o.Keys, o.Record.Path) })
}

func TestATransferBringsEveryRowAndLeavesTheSourceBehind(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	from, to := filled(t, keys), rowstest.Open(t)
	o := options(t, from, &small{DB: to, left: 1000}, keys)
	rep, err := transfer.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[store.Table]int{}
	for _, s := range rep.Tables {
		got[s.Table] = s.Rows
	}
	if got[rows.FiltersTable] != filters || got[rows.AuditTable] != entries || rep.Log.Size != entries {
		t.Errorf("copied: %v, of %d entries", got, rep.Log.Size)
	}
	if err := starts(t, to, o); err != nil {
		t.Errorf("a server on the target: %v", err)
	}
	if err := starts(t, from, o); !errors.Is(err, rollback.ErrRollback) || !strings.Contains(err.Error(), "copied into another store") {
		t.Errorf("a server on the source: %v", err)
	}
	if _, err := transfer.Run(t.Context(), o); !errors.Is(err, transfer.ErrNotEmpty) {
		t.Errorf("once more: %v", err)
	}
}

// However often it is cut off, no two stores are in use, and the next one goes on.
func TestATransferThatWasCutOffAnywhereIsFinishedByTheNext(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	want := ""
	cuts := 0
	for ; ; cuts++ {
		from, to := filled(t, keys), rowstest.Open(t)
		cut := &small{DB: to, left: cuts}
		o := options(t, from, cut, keys)
		_, err := transfer.Run(t.Context(), o)
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("after %d transactions: %v", cuts, err)
		}
		if cuts > 0 {
			if err := starts(t, to, o); !errors.Is(err, claim.ErrUnfinished) {
				t.Fatalf("after %d transactions a server on the target: %v", cuts, err)
			}
		}
		cut.left = 1000
		rep, err := transfer.Run(t.Context(), o)
		if err != nil {
			t.Fatalf("cut off after %d transactions, the next one: %v", cuts, err)
		}
		if want == "" {
			want = rep.Log.Root.String()
		}
		if root := rep.Log.Root.String(); root != want {
			t.Errorf("cut off after %d transactions, the root is %s, want %s", cuts, root, want)
		}
	}
	if cuts < 20 {
		t.Errorf("a transfer takes %d transactions, want at least 20 to be cut off after", cuts)
	}
}

func TestATransferIsRefusedIfOneRowIsLost(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	from, to := filled(t, keys), rowstest.Open(t)
	o := options(t, from, &small{DB: to, left: 1000, lossy: true}, keys)
	if _, err := transfer.Run(t.Context(), o); !errors.Is(err, transfer.ErrUnequal) || !strings.Contains(err.Error(), "filters") {
		t.Errorf("got %v", err)
	}
	if err := starts(t, to, o); !errors.Is(err, claim.ErrUnfinished) {
		t.Errorf("a server on the target: %v", err)
	}
	o.Record.Path = filepath.Join(t.TempDir(), "none") // the source has not been moved
	if err := starts(t, from, o); err == nil || strings.Contains(err.Error(), "copied") {
		t.Errorf("a server on the source: %v", err)
	}
}

func TestATransferIsRefusedIfTheSourceIsInUse(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	write := func(db store.DB) {
		rowstest.Write(t, db, func(w store.Writer) error { return ledger.New(rows.New(keys)).Append(w, audit.Entry{Time: 1}) })
	}
	t.Run("by somebody who says so", func(t *testing.T) {
		o := options(t, filled(t, keys), rowstest.Open(t), keys)
		inUse := errors.New("another node has it")
		o.Alone = func(context.Context) error { return inUse }
		if _, err := transfer.Run(t.Context(), o); !errors.Is(err, inUse) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("by somebody who comes in the end", func(t *testing.T) {
		from, asked := filled(t, keys), 0
		o := options(t, from, rowstest.Open(t), keys)
		o.Alone = func(context.Context) error {
			if asked++; asked > 1 {
				return errors.New("another node has it")
			}
			return nil
		}
		_, err := transfer.Run(t.Context(), o)
		if _, moved, failed := markOf(t, from, keys); err == nil || moved || failed != nil {
			t.Errorf("got %v; the source is marked: %v, %v", err, moved, failed)
		}
	})
	t.Run("between two attempts", func(t *testing.T) {
		from, to := filled(t, keys), rowstest.Open(t)
		o := options(t, from, &small{DB: to, left: 3}, keys)
		if _, err := transfer.Run(t.Context(), o); !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		write(from)
		o.To = to
		if _, err := transfer.Run(t.Context(), o); !errors.Is(err, transfer.ErrChanged) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("while it is copied", func(t *testing.T) {
		from, to := filled(t, keys), rowstest.Open(t)
		o := options(t, &changing{DB: from, write: func() { write(from) }}, to, keys)
		if _, err := transfer.Run(t.Context(), o); !errors.Is(err, transfer.ErrChanged) {
			t.Errorf("got %v", err)
		}
	})
}

// changing is a store that somebody writes to just before it is marked.
type changing struct {
	store.DB
	write func()
}

func (c *changing) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	c.write()
	return c.DB.Update(ctx, fn, how...)
}

func markOf(t *testing.T, db store.DB, keys *keyring.Keys) (n uint64, found bool, err error) {
	t.Helper()
	err = db.View(t.Context(), func(r store.Reader) (err error) {
		n, found, err = rows.New(keys).Numbers.Get(r, rows.MovedKey)
		return err
	})
	return n, found, err
}

// What is in the target and not in the source goes, also if that is much.
func TestRowsThatTheSourceDoesNotHaveAreDeleted(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	from, to := rowstest.Open(t), filled(t, keys)
	if err := transfer.Rows(t.Context(), from, &small{DB: to, left: 1000}); err != nil {
		t.Fatal(err)
	}
	if _, log, err := transfer.Compare(t.Context(), from, to, keys); err != nil || log.Size != 0 {
		t.Errorf("%d entries are left, %v", log.Size, err)
	}
}

// blind does not see what it adds up.
type blind struct{ store.Summer }

func (blind) Share(store.Table, []byte, []byte) store.Sum { return store.Sum{} }

// A copy gives rows new sums, so it must not take those that somebody else has put there.
func TestATransferIsRefusedIfTheRowsOfTheSourceDoNotAddUp(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	from, to := filled(t, keys), rowstest.Open(t)
	from.SumBy(blind{keys})
	rowstest.Write(t, from, func(w store.Writer) error { return w.Delete(rows.FiltersTable, []byte("f7")) })
	o := options(t, from, to, keys)
	if _, err := transfer.Run(t.Context(), o); !errors.Is(err, integrity.ErrSum) {
		t.Errorf("got %v", err)
	}
	if err := starts(t, to, o); err == nil {
		t.Error("a server may start on the copy")
	}
}
