package rollback_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/store"
)

// A watched store has a record of how far it had come.
type watched struct {
	rollback.Options
	record *rollback.Record
}

// watch starts on a store with the record at path.
func watch(t *testing.T, db store.DB, keys *keyring.Keys, path string) *watched {
	t.Helper()
	w := &watched{Options: rollback.Options{
		DB: db, Rows: rows.New(keys), Path: path, Now: 1, Log: slog.New(slog.DiscardHandler),
	}}
	w.start(t)
	return w
}

func (w *watched) start(t *testing.T) {
	t.Helper()
	var err error
	if w.record, err = rollback.Begin(t.Context(), w.Options); err != nil {
		t.Fatal(err)
	}
}

// write writes entries that are told apart by their action.
func (w *watched) write(t *testing.T, actions ...string) {
	t.Helper()
	for _, action := range actions {
		rowstest.Write(t, w.DB, func(tx store.Writer) error {
			return ledger.New(w.Rows).Append(tx, audit.Entry{Type: audit.TokenChanged, Action: action, Actor: audit.System()})
		})
	}
	if err := w.record.Save(); err != nil {
		t.Fatal(err)
	}
}

// entries returns the actions of all entries.
func (w *watched) entries(t *testing.T) (actions []string) {
	t.Helper()
	if err := w.DB.View(t.Context(), func(r store.Reader) error {
		return w.Rows.Entries.Each(r, store.Range{}, func(_ []byte, e audit.Entry) error {
			actions = append(actions, e.Action)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return actions
}

func TestAStoreThatIsNotTheOneOfTheRecordIsRefused(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	path := filepath.Join(t.TempDir(), "state")
	w := watch(t, rowstest.Open(t), keys, path)
	w.write(t, "one", "two")
	if err := w.DB.View(t.Context(), func(r store.Reader) error { return rollback.Check(r, keys, path) }); err != nil {
		t.Errorf("the store itself: %v", err)
	}
	for name, c := range map[string]struct {
		starts int
		writes []string
		why    string
	}{
		"one that lacks the last entry": {2, []string{"one"}, "ends with entry 1, and there was an entry 2"},
		"one with fewer starts":         {0, []string{"one", "two"}, "knows of 0 starts of the server, and there were 1"},
		"one with another entry":        {2, []string{"one", "forged", "three"}, "entry 2 of its audit log is another one"},
	} {
		other := watch(t, rowstest.Open(t), keys, filepath.Join(t.TempDir(), "state"))
		for range c.starts {
			other.start(t)
		}
		other.write(t, c.writes...)
		if c.starts == 0 {
			rowstest.Write(t, other.DB, func(tx store.Writer) error { return other.Rows.Numbers.Delete(tx, rows.EpochKey) })
		}
		other.Path = path
		if _, err := rollback.Begin(t.Context(), other.Options); !errors.Is(err, rollback.ErrRollback) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %q", name, err, c.why)
		}
		if err := other.DB.View(t.Context(), func(r store.Reader) error { return rollback.Check(r, keys, path) }); !errors.Is(err, rollback.ErrRollback) {
			t.Errorf("%s: Check says %v", name, err)
		}
	}
}

func TestAnOlderStoreThatIsAcceptedIsWrittenDownAndGoesOn(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	path := filepath.Join(t.TempDir(), "state")
	watch(t, rowstest.Open(t), keys, path).write(t, "one", "two")
	older := watch(t, rowstest.Open(t), keys, filepath.Join(t.TempDir(), "state"))
	older.write(t, "one")
	older.Path, older.Accept = path, true
	older.start(t)
	if got := strings.Join(older.entries(t), ", "); got != "one, accept-rollback" {
		t.Errorf("the log has %s", got)
	}
	older.Accept = false
	older.start(t)
}

func TestARecordThatIsLostOrUnderAnotherKeyStopsTheStart(t *testing.T) {
	keys := rowstest.Keys(t, "a")
	path := filepath.Join(t.TempDir(), "state")
	w := watch(t, rowstest.Open(t), keys, path)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(good)
	bad[len(bad)-3] ^= 1
	for name, c := range map[string]struct {
		text []byte
		why  string
	}{"no record": {nil, "is not there"}, "one that was changed": {bad, "record of the store's state"}} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if c.text != nil {
			if err := os.WriteFile(path, c.text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := rollback.Begin(t.Context(), w.Options); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// After a rotation the record is sealed like the rows: a stolen old key writes none.
func TestReseal_BringsTheRecordUnderTheNewestKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	w := watch(t, rowstest.Open(t), rowstest.Keys(t, "a"), path)
	w.write(t, "one")
	both := rowstest.Keys(t, "b", "a")
	if err := rollback.Reseal(path, both.WithOldSeals()); err != nil {
		t.Fatal(err)
	}
	if err := rollback.Reseal(path, rowstest.Keys(t, "b")); err != nil {
		t.Errorf("the record does not open under the newest key alone: %v", err)
	}
	if err := rollback.Reseal(path, rowstest.Keys(t, "a")); err == nil {
		t.Error("the record still opens under the old key alone")
	}
	if err := rollback.Reseal(filepath.Join(t.TempDir(), "none"), both); err != nil {
		t.Errorf("where there is no record: %v", err)
	}
}

// A rotation of the keys writes old entries anew, which do not make the store an older one.
func TestAnOldEntryThatIsWrittenAnewDoesNotSetTheRecordBack(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "state")
		w := watch(t, rowstest.Open(t), rowstest.Keys(t, "a"), path)
		w.write(t, "one", "two")
		if restarted {
			w.start(t)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rowstest.Write(t, w.DB, func(tx store.Writer) error {
			e, err := w.Rows.Entries.Require(tx, rows.SeqKey(1))
			return errors.Join(err, w.Rows.Entries.Put(tx, rows.SeqKey(1), e))
		})
		if err := w.record.Save(); err != nil {
			t.Fatal(err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Errorf("restarted %v: the record is another one, %v", restarted, err)
		}
	}
}

// A node of a cluster that was stopped while the keys were rotated has a record under an old key.
func TestARecordUnderAnOldKeyCountsForANodeAndForNoServerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	w := watch(t, rowstest.Open(t), rowstest.Keys(t, "a"), path)
	w.write(t, "one", "two")
	newer := watch(t, rowstest.Open(t), rowstest.Keys(t, "b", "a"), filepath.Join(t.TempDir(), "state"))
	newer.write(t, "one", "two")
	newer.Path = path
	if _, err := rollback.Begin(t.Context(), newer.Options); err == nil || !strings.Contains(err.Error(), "which is an old one") {
		t.Errorf("a server alone: %v", err)
	}
	newer.Join = true
	if _, err := rollback.Begin(t.Context(), newer.Options); err != nil {
		t.Errorf("a node: %v", err)
	}
	w.write(t, "three")
	if _, err := rollback.Begin(t.Context(), newer.Options); !errors.Is(err, rollback.ErrRollback) {
		t.Errorf("a node whose store is older than that record: %v", err)
	}
}

// One that was stopped while that key was dropped, too, has a record that it cannot read.
func TestARecordUnderADroppedKeyIsBegunAnewByANodeAndByNoServerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	w := watch(t, rowstest.Open(t), rowstest.Keys(t, "a"), path)
	w.write(t, "one", "two", "three")
	var log bytes.Buffer
	newer := watch(t, rowstest.Open(t), rowstest.Keys(t, "b"), filepath.Join(t.TempDir(), "state"))
	newer.write(t, "one", "two")
	newer.Path, newer.Log = path, slog.New(slog.NewTextHandler(&log, nil))
	if _, err := rollback.Begin(t.Context(), newer.Options); err == nil || !strings.Contains(err.Error(), "which the key file does not have") || !strings.Contains(err.Error(), "--accept-rollback") {
		t.Errorf("a server alone: %v", err)
	}
	newer.Join = true
	if _, err := rollback.Begin(t.Context(), newer.Options); err != nil || !strings.Contains(log.String(), "it is begun anew") {
		t.Errorf("a node: %v; the log: %s", err, &log)
	}
	newer.Join = false
	if _, err := rollback.Begin(t.Context(), newer.Options); err != nil {
		t.Errorf("with the record that it began: %v", err)
	}
	if got := newer.entries(t); len(got) != 2 {
		t.Errorf("the audit log tells of it: %v", got)
	}
	damaged(t, path)
	newer.Join = true
	if _, err := rollback.Begin(t.Context(), newer.Options); err == nil {
		t.Error("a node takes a record that was changed")
	}
}

// damaged changes a digit of the record at path.
func damaged(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		text[len(text)-3] ^= 1
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
