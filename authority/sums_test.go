package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.etcd.io/bbolt"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// inFile changes the file of the closed House itself, past everything of ours.
func inFile(t testing.TB, h *authoritytest.House, fn func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(boltfile.Path(filepath.Join(h.Folder(), "data")), 0o600, &bbolt.Options{NoSync: true})
	must(t, err)
	must(t, errors.Join(db.Update(fn), db.Close()))
}

// filed are all rows of a file, by table and key.
type filed map[store.Table]map[string][]byte

func filedRows(t testing.TB, h *authoritytest.House) filed {
	t.Helper()
	all := filed{}
	inFile(t, h, func(tx *bbolt.Tx) error {
		for _, table := range rows.Tables() {
			all[table] = map[string][]byte{}
			if err := tx.Bucket([]byte(table)).ForEach(func(k, v []byte) error {
				all[table][string(k)] = bytes.Clone(v)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

// tamper has the closed House find other rows in a table of its file than the server left there:
// those of then, or all but one.
func tamper(t testing.TB, h *authoritytest.House, table store.Table, rows map[string][]byte) {
	t.Helper()
	inFile(t, h, func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket([]byte(table)); err != nil {
			return err
		}
		b, err := tx.CreateBucket([]byte(table))
		for key, row := range rows {
			err = errors.Join(err, b.Put([]byte(key), row))
		}
		return err
	})
}

// notAdding fails the test unless the House does not start, or says in its check, that its rows do
// not add up.
func notAdding(t testing.TB, h *authoritytest.House, c changed) {
	t.Helper()
	err := h.TryOpen()
	if err == nil {
		if slices.Contains(integrity.SummedAtStart(), c.table) {
			t.Errorf("%s: the server starts", c.what)
		}
		err = h.Check(context.Background())
		h.Close()
	}
	missed := c.table == rows.SettingsTable && errors.Is(err, rows.ErrMissing)
	if !errors.Is(err, integrity.ErrSum) && !missed {
		t.Errorf("%s: %v", c.what, err)
	}
}

// A changed is a table as it is after somebody changed the file.
type changed struct {
	what  string
	table store.Table
	rows  map[string][]byte
}

// changes are ways to change the rows that are there now to what they were then, and to take one
// out.
func changes(then, now filed) (all []changed) {
	for _, table := range rows.Tables() {
		if !maps.EqualFunc(then[table], now[table], bytes.Equal) {
			all = append(all, changed{string(table) + " as it was", table, then[table]})
		}
		for key, row := range then[table] {
			if !bytes.Equal(now[table][key], row) {
				one := maps.Clone(now[table])
				one[key] = row
				all = append(all, changed{fmt.Sprintf("%s with %s as it was", table, rows.KeyName(table, []byte(key))), table, one})
			}
		}
		for key := range now[table] {
			one := maps.Clone(now[table])
			delete(one, key)
			all = append(all, changed{fmt.Sprintf("%s without %s", table, rows.KeyName(table, []byte(key))), table, one})
		}
	}
	return all
}

// Each row here has a sound seal, and stands where it once stood.
func TestSums_ARowPutBackAddedOrTakenOutIsNoticed(t *testing.T) {
	h, v, secret := furnished(t, authoritytest.Setup{File: true})
	then := filedRows(t, h)
	must(t, h.TryOpen())
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	set(t, h, maximum(2*day))
	verdict(t, h, secret, policy.Unknown)
	h.Close()
	now, sound := filedRows(t, h), read(t, storeOf{h}.path())
	all := changes(then, now)
	for _, c := range all {
		tamper(t, h, c.table, c.rows)
		notAdding(t, h, c)
		write(t, storeOf{h}.path(), sound)
	}
	if len(all) < 30 {
		t.Errorf("only %d changes were tried", len(all))
	}
	must(t, h.TryOpen())
	must(t, h.Check(t.Context()))
}

// The seals do not show it: with the sums made to fit, as nobody can without the keys, a deleted
// token works again.
func TestControl_WithoutTheSumsADeletedTokenThatIsPutBackWorks(t *testing.T) {
	h, v, secret := furnished(t, authoritytest.Setup{File: true})
	key := []byte(authority.RowKey(v))
	row := filedRows(t, h)[rows.TokensTable][string(key)]
	must(t, h.TryOpen())
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	verdict(t, h, secret, policy.Unknown)
	h.Close()
	behind(t, h, func(w store.Writer) error { return w.Put(rows.TokensTable, key, row) })
	must(t, h.TryOpen())
	verdict(t, h, secret, policy.Accepted)
}

// Sums that are gone, or of another time, or not ours, are no way around.
func TestSums_ThemselvesCannotBeChanged(t *testing.T) {
	h, v, _ := furnished(t, authoritytest.Setup{File: true})
	note := func(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte(boltfile.MetaTable)) }
	var then []byte
	inFile(t, h, func(tx *bbolt.Tx) error { then = bytes.Clone(note(tx).Get([]byte("sums"))); return nil })
	must(t, h.TryOpen())
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	h.Close()
	sound := read(t, storeOf{h}.path())
	for what, value := range map[string][]byte{
		"gone": nil, "those of another time": then, "empty": {}, "a number alone": then[:8], "zero": make([]byte, 8),
		"of another number": append([]byte{1}, then[1:]...),
	} {
		inFile(t, h, func(tx *bbolt.Tx) error {
			if value == nil {
				return note(tx).Delete([]byte("sums"))
			}
			return note(tx).Put([]byte("sums"), value)
		})
		if err := h.TryOpen(); !integrity.Broken(err) {
			t.Errorf("sums that are %s: %v", what, err)
		}
		write(t, storeOf{h}.path(), sound)
	}
	must(t, h.TryOpen())
}

// A disk that lost a write, or wrote half of it, leaves a page as it was before: sound in all that
// pages and seals can tell.
func TestSums_AWriteThatTheDiskLostIsNoticed(t *testing.T) {
	h := authoritytest.OpenWith(t, authoritytest.Setup{File: true})
	h.Unchecked = true
	var last token.Token
	for range 60 {
		last, _ = h.Token(draft("x"))
	}
	h.Close()
	then := read(t, storeOf{h}.path())
	h.Reopen()
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), last.ID))
	for range 60 {
		h.Token(draft("x"))
	}
	want := h.State()
	h.Close()
	now := read(t, storeOf{h}.path())
	missed, lost := 0, 0
	for _, torn := range []int{os.Getpagesize(), 512} {
		for at := 0; at+torn <= min(len(then), len(now)); at += torn {
			if bytes.Equal(then[at:at+torn], now[at:at+torn]) {
				continue
			}
			image := bytes.Clone(now)
			copy(image[at:], then[at:at+torn])
			write(t, storeOf{h}.path(), image)
			lost++
			if err := h.TryOpen(); err != nil {
				missed++
				continue
			}
			err := h.Check(t.Context())
			if !cmp.Equal(h.State(), want, cmpopts.EquateComparable(netip.Addr{})) {
				t.Errorf("%d bytes at %d as they were: the server starts with other tokens", torn, at)
			}
			if err != nil {
				missed++
			}
			h.Close()
		}
	}
	t.Logf("%d writes lost, %d noticed; the others left nothing that counts", lost, missed)
	if missed < lost/2 {
		t.Errorf("of %d lost writes only %d were noticed", lost, missed)
	}
}

// What a salvage takes becomes the newest, so it must not take a token that the log knows to be
// gone.
func TestSalvage_TakesNoTokenThatTheLogKnowsToBeGone(t *testing.T) {
	h, v, secret := furnished(t, authoritytest.Setup{File: true})
	key := []byte(authority.RowKey(v))
	row := filedRows(t, h)[rows.TokensTable][string(key)]
	must(t, h.TryOpen())
	_, kept := h.Token(draft("kept"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	h.Close()
	inFile(t, h, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(rows.TokensTable)).Put(key, row) })
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	saved := filepath.Join(t.TempDir(), "saved")
	db, err := bolt.Open(bolt.Options{Folder: saved, Tables: rows.Tables()})
	must(t, err)
	s := integrity.NewSalvager(db, keys)
	_, err = boltfile.Rows(storeOf{h}.path(), func(f boltfile.Find) error { return s.Take(t.Context(), f.Table, f.Key, f.Value) })
	must(t, err)
	_, err = s.Finish(t.Context(), h.Clock.Millis(), nil)
	must(t, errors.Join(err, db.Close(), os.Rename(boltfile.Path(saved), storeOf{h}.path())))
	must(t, h.TryOpen())
	verdict(t, h, secret, policy.Unknown)
	verdict(t, h, kept, policy.Accepted)
	must(t, h.Check(t.Context()))
}

// Nor does it take older rules of a filter for the newest, which might let in who is shut out.
// Where the log knows, it tells the rules; the doctor says so before.
func TestSalvage_TakesTheRulesOfFiltersFromTheLog(t *testing.T) {
	h := authoritytest.OpenWith(t, authoritytest.Setup{File: true})
	id := filter(t, h, "office", "allow all")
	row := storedRow(t, h, rows.FiltersTable, string(id))
	stricter := "allow 10.0.0.0/8\ndeny all"
	_, err := h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), id, nil, &stricter)
	must(t, err)
	want := h.State()
	h.Close()
	inFile(t, h, func(tx *bbolt.Tx) error { return tx.Bucket([]byte(rows.FiltersTable)).Put([]byte(id), row) })
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	must(t, boltfile.Inspect(t.Context(), storeOf{h}.path(), func(r store.Reader) error {
		rep, err := integrity.Inspect(t.Context(), r, keys)
		if !strings.Contains(fmt.Sprint(rep.Odd), "the IP filter "+string(id)+" has another name or other rules than the audit log says") {
			t.Errorf("the doctor says %v", rep.Odd)
		}
		return err
	}))
	if done := salvageOf(t, h, func(boltfile.Find) bool { return true }, nil); done.Rules != 1 || done.Filters != 0 {
		t.Errorf("the salvage says %+v", done)
	}
	h.Unchecked = true
	must(t, h.TryOpen())
	if diff := cmp.Diff(h.State(), want, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("after the salvage (-got +want):\n%s", diff)
	}
}

// inEtcd is somebody who can write to the etcd of a House and has no keys.
func inEtcd(t *testing.T) *clientv3.Client {
	t.Helper()
	if !authoritytest.OnEtcd() {
		t.Skip("needs a store in etcd")
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: strings.Split(os.Getenv(authoritytest.Endpoints), ","), Logger: zap.NewNop()})
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// A deleted token stays deleted, whoever writes its row to etcd again: under the running server,
// while it is stopped, and before a server that has nothing but what is in etcd.
func TestSums_ADeletedTokenThatIsPutBackIntoEtcdStaysDeleted(t *testing.T) {
	client := inEtcd(t)
	h := authoritytest.Open(t)
	h.Unchecked = true
	v, secret := h.Token(draft("x"))
	name := filepath.ToSlash(h.Folder()) + "/d/tokens/" + authority.RowKey(v)
	kept, err := client.Get(t.Context(), name)
	must(t, err)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	putBack := func() {
		t.Helper()
		_, err := client.Put(t.Context(), name, string(kept.Kvs[0].Value))
		must(t, err)
	}
	undone := func(found int) {
		t.Helper()
		for tries := 0; len(unsoundEntries(h)) < found; tries++ {
			if tries == 2000 {
				t.Fatal("nobody tells of it")
			}
			time.Sleep(10 * time.Millisecond)
		}
		verdict(t, h, secret, policy.Unknown)
		if r, err := client.Get(t.Context(), name); err != nil || len(r.Kvs) > 0 {
			t.Errorf("the row is still there, %v", err)
		}
		must(t, h.Check(t.Context()))
	}
	putBack()
	undone(1)
	h.Close()
	putBack()
	must(t, h.TryOpen())
	undone(2)
	h.Close()
	putBack()
	must(t, os.RemoveAll(filepath.Join(h.Folder(), "mirror")))
	if err := h.TryOpen(); !errors.Is(err, integrity.ErrSum) {
		t.Errorf("a start without a mirror: %v", err)
	}
	_, err = client.Delete(t.Context(), name)
	must(t, err)
	must(t, os.RemoveAll(filepath.Join(h.Folder(), "mirror")))
	must(t, h.TryOpen())
	verdict(t, h, secret, policy.Unknown)
	must(t, h.Check(t.Context()))
}
