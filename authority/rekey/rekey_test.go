package rekey_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// filters is how many rows a store has: more than one transaction seals.
const filters = 1100

// filled returns a store with many rows under the keys of a file, and the root token's.
func filled(t *testing.T, keyFile string) rekey.Change {
	t.Helper()
	keys := load(t, keyFile)
	all, db := rows.New(keys), rowstest.Open(t)
	db.SumBy(keys)
	rowstest.Write(t, db, func(w store.Writer) error {
		for i := range filters {
			id := ipfilter.ID("f" + strconv.Itoa(i))
			if err := all.Filters.Put(w, string(id), ipfilter.Filter{ID: id, Name: string(id), Text: "allow all"}); err != nil {
				return err
			}
		}
		return errors.Join(
			all.Sealing.Put(w, rows.KeysKey, keyring.Sealing{Key: keys.SealingID(), Done: true, Step: 1}),
			all.Root.Put(w, rows.RootKey, rows.Root{Digest: token.Digest{1}, Key: keys.SealingID()}),
		)
	})
	return rekey.Change{DB: db, KeyFile: keyFile, Random: rand.Reader, Now: 1}
}

func load(t *testing.T, keyFile string) *keyring.Keys {
	t.Helper()
	keys, err := keyring.Load(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func uses(t *testing.T, c rekey.Change) (list []rekey.Use) {
	t.Helper()
	if err := c.DB.View(t.Context(), func(r store.Reader) (err error) {
		list, err = rekey.Uses(t.Context(), r, load(t, c.KeyFile))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestARotationBringsEveryRowUnderTheNewKeyAndLeavesDigestsUnderTheirs(t *testing.T) {
	c := filled(t, rowstest.KeyFile(t, "a"))
	before := load(t, c.KeyFile).SealingID()
	done, err := rekey.Rotate(t.Context(), c)
	if err != nil || done.Resumed || done.Key == before || done.Rows < filters+1 {
		t.Fatalf("got %+v, %v", done, err)
	}
	list := uses(t, c)
	if len(list) != 2 || !list[0].Seals || list[0].ID != done.Key || list[0].Rows < filters+1 {
		t.Errorf("the newest key is used so: %+v", list)
	}
	if old := list[1]; old.ID != before || !old.Old || old.Rows != 0 || !old.Root || old.Needs() != "to verify the root token" {
		t.Errorf("the old key is used so: %+v", old)
	}
}

// failing is a store that takes only so many changes.
type failing struct {
	store.DB
	left int
}

var errCut = errors.New("the power is gone")

func (f *failing) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	if f.left--; f.left < 0 {
		return errCut
	}
	return f.DB.Update(ctx, fn, how...)
}

// Each of its steps leaves a store that opens under the key file as it is then.
func TestARotationThatWasCutOffAnywhereIsFinishedByTheNext(t *testing.T) {
	changes := 0
	for ; ; changes++ {
		c := filled(t, rowstest.KeyFile(t, "a"))
		whole := c.DB
		c.DB = &failing{whole, changes}
		_, err := rekey.Rotate(t.Context(), c)
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("after %d changes: %v", changes, err)
		}
		c.DB = whole
		uses(t, c)
		done, err := rekey.Rotate(t.Context(), c)
		if list := uses(t, c); err != nil || done.Resumed != (changes > 0) || len(list) != 2 || list[1].Rows != 0 || !list[1].Old {
			t.Errorf("cut off after %d changes, the next one: %+v, %v, %+v", changes, done, err, list)
		}
	}
	if changes < 4 { // two entries, and the filters in two batches
		t.Errorf("a rotation takes %d changes", changes)
	}
}

func TestOnlyAKeyThatNothingNeedsIsDropped(t *testing.T) {
	c := filled(t, rowstest.KeyFile(t, "a"))
	newest := load(t, c.KeyFile).SealingID()
	if _, err := rekey.Drop(t.Context(), c, newest); !errors.Is(err, rekey.ErrKeyInUse) || !strings.Contains(err.Error(), "it seals all that is new") {
		t.Errorf("the newest: %v", err)
	}
	done, err := rekey.Rotate(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, ids := range [][]token.KeyID{nil, {newest}} {
		if _, err := rekey.Drop(t.Context(), c, ids...); !errors.Is(err, rekey.ErrKeyInUse) || !strings.Contains(err.Error(), "the root token") {
			t.Errorf("one that root needs, given %v: %v", ids, err)
		}
	}
	if _, err := rekey.Drop(t.Context(), c, 12345); err == nil || errors.Is(err, rekey.ErrKeyInUse) {
		t.Errorf("one that is not there: %v", err)
	}
	all := rows.New(load(t, c.KeyFile))
	rowstest.Write(t, c.DB, func(w store.Writer) error {
		return all.Root.Put(w, rows.RootKey, rows.Root{Digest: token.Digest{2}, Key: done.Key})
	})
	dropped, err := rekey.Drop(t.Context(), c)
	if list := uses(t, c); err != nil || len(dropped) != 1 || dropped[0] != newest || len(list) != 1 {
		t.Errorf("got %v, %v; left are %+v", dropped, err, list)
	}
}

// Whoever changed a row must not have it sealed under a new key.
func TestAStoreThatIsNotSoundIsNotRotated(t *testing.T) {
	c := filled(t, rowstest.KeyFile(t, "a"))
	rowstest.Write(t, c.DB, func(w store.Writer) error {
		row, err := w.Get(rows.FiltersTable, []byte("f7"))
		if err != nil {
			return err
		}
		bad := bytes.Clone(row)
		bad[len(bad)-1] ^= 1
		return w.Put(rows.FiltersTable, []byte("f7"), bad)
	})
	before := load(t, c.KeyFile).SealingID()
	if _, err := rekey.Rotate(t.Context(), c); !errors.Is(err, keyring.ErrSeal) {
		t.Errorf("got %v", err)
	}
	if after := load(t, c.KeyFile).SealingID(); after != before {
		t.Errorf("the newest key is %v, it was %v", after, before)
	}
}

// overtaken is a store that another node changes before the first transaction.
type overtaken struct {
	store.DB
	first func()
}

func (o *overtaken) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	if first := o.first; first != nil {
		o.first = nil
		first()
	}
	return o.DB.Update(ctx, fn, how...)
}

func TestOfTwoNodesThatFinishARotationOneWritesSo(t *testing.T) {
	c := filled(t, rowstest.KeyFile(t, "a"))
	if _, err := rekey.Add(c.KeyFile, rand.Reader); err != nil {
		t.Fatal(err)
	}
	all := rows.New(load(t, c.KeyFile))
	c.DB.SumBy(all.Keys)
	if err := c.DB.View(t.Context(), all.Heed); err != nil {
		t.Fatal(err)
	}
	c.DB.Follow(func(changes []store.Change) { _ = all.HeedChanges(changes) })
	turn := rekey.Turn{DB: &failing{c.DB, 2}, Rows: all, Now: func() epoch.Millis { return 1 }}
	if _, err := turn.Rotate(t.Context()); !errors.Is(err, errCut) {
		t.Fatalf("it was not cut off before its rows: %v", err)
	}
	other := turn
	other.DB = c.DB
	turn.DB = &overtaken{c.DB, func() {
		if n, err := other.Finish(t.Context()); err != nil || n < filters {
			t.Errorf("the other node: %d rows, %v", n, err)
		}
	}}
	if n, err := turn.Finish(t.Context()); err != nil || n != 0 {
		t.Errorf("this one: %d rows, %v", n, err)
	}
	done := 0
	if err := c.DB.View(t.Context(), func(r store.Reader) error {
		return all.Entries.Each(r, store.Range{}, func(_ []byte, e audit.Entry) error {
			if e.Type == audit.KeysRotated && e.Fields[1].Value == "true" {
				done++
			}
			return nil
		})
	}); err != nil || done != 1 {
		t.Errorf("%d entries say that it is done, %v", done, err)
	}
}

// Another node may begin to rotate while the store is looked through.
func TestNoKeyIsDroppedIfARotationHasBegunMeanwhile(t *testing.T) {
	c := filled(t, rowstest.KeyFile(t, "a"))
	waits, err := rekey.Add(c.KeyFile, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := rows.New(load(t, c.KeyFile))
	whole := c.DB
	c.DB = &overtaken{whole, func() {
		rowstest.Write(t, whole, func(w store.Writer) error {
			s, err := all.Sealing.Require(w, rows.KeysKey)
			if err != nil {
				return err
			}
			s.Next, s.Step = waits, s.Step+1
			return all.Sealing.Put(w, rows.KeysKey, s)
		})
	}}
	dropped, err := rekey.Drop(t.Context(), c, waits)
	if !errors.Is(err, rekey.ErrKeyInUse) || !strings.Contains(err.Error(), "has begun meanwhile") || len(dropped) > 0 {
		t.Errorf("got %v, %v", dropped, err)
	}
	if !load(t, c.KeyFile).Has(waits) {
		t.Error("the key that is about to seal is gone from the key file")
	}
}

func TestAKeyThatComesWhileOthersAreDroppedStaysInTheKeyFile(t *testing.T) {
	file := rowstest.KeyFile(t, "b", "a")
	old := load(t, file).Lines()[1].ID
	newer, err := os.ReadFile(rowstest.KeyFile(t, "c", "b", "a"))
	if err != nil {
		t.Fatal(err)
	}
	dropped, err := rekey.Without(file, func() ([]token.KeyID, error) {
		if _, err := rekey.Add(file, rand.Reader); !errors.Is(err, keyring.ErrBusy) {
			t.Errorf("adding one by a command: %v", err)
		}
		return []token.KeyID{old}, os.WriteFile(file, newer, 0o600) // as cp does
	})
	if want := load(t, rowstest.KeyFile(t, "c", "b")).Lines(); err != nil || !slices.Equal(load(t, file).Lines(), want) || len(dropped) != 1 {
		t.Errorf("dropped %v, %v; the file has %v, want %v", dropped, err, load(t, file).Lines(), want)
	}
}

// examined is a store during whose examination something happens.
type examined struct {
	store.DB
	during func()
}

func (e *examined) View(ctx context.Context, fn func(store.Reader) error) error {
	e.during()
	return e.DB.View(ctx, fn)
}

func TestAKeyFileThatChangesBeforeItGetsANewKeyIsNotReplaced(t *testing.T) {
	c := filled(t, rowstest.KeyFile(t, "b"))
	newer, err := os.ReadFile(rowstest.KeyFile(t, "c", "b"))
	if err != nil {
		t.Fatal(err)
	}
	c.DB = &examined{c.DB, func() {
		if _, err := rekey.Add(c.KeyFile, rand.Reader); !errors.Is(err, keyring.ErrBusy) {
			t.Errorf("adding a key by a command: %v", err)
		}
		if err := os.WriteFile(c.KeyFile, newer, 0o600); err != nil {
			t.Error(err)
		}
	}}
	if done, err := rekey.Rotate(t.Context(), c); err == nil || !strings.Contains(err.Error(), "was changed while") {
		t.Errorf("got %+v, %v", done, err)
	}
	if now, err := os.ReadFile(c.KeyFile); err != nil || !bytes.Equal(now, newer) {
		t.Errorf("the key file was replaced: %v", err)
	}
}
