package authority_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// rowsOf copies all rows of a table.
func rowsOf(t testing.TB, h *authoritytest.House, table store.Table) map[string]string {
	t.Helper()
	rows := map[string]string{}
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		return r.Scan(table, store.Range{}, func(k, v []byte) error { rows[string(k)] = string(v); return nil })
	}))
	return rows
}

// examined returns what does not fit in the audit log of a House.
func examined(t testing.TB, h *authoritytest.House, notes ...ledger.NamedNote) ledger.Report {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	var rep ledger.Report
	must(t, h.DB.View(t.Context(), func(r store.Reader) error {
		rep, err = ledger.Examine(t.Context(), r, keys, notes...)
		return err
	}))
	return rep
}

// long returns a House whose audit log has n entries and a few.
func long(t *testing.T, n int) *authoritytest.House {
	t.Helper()
	h := authoritytest.Open(t)
	lengthen(t, h, n)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	return h
}

// lengthen writes n entries at once.
func lengthen(t *testing.T, h *authoritytest.House, n int) {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = audit.Entry{Time: h.Clock.Millis(), Type: audit.BackedUp, Action: "backup", Actor: audit.System()}
	}
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return ledger.New(rows.New(keys)).AppendAll(w, entries) }))
}

func TestTree_OfAnOlderStoreIsMadeAtTheStartAndIsTheSame(t *testing.T) {
	h := long(t, 2600)
	want := rowsOf(t, h, authority.TreeTable)
	if len(want) != 10 {
		t.Fatalf("%d nodes are kept of 2,601 entries, want 10", len(want))
	}
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		for k := range want {
			if err := w.Delete(authority.TreeTable, []byte(k)); err != nil {
				return err
			}
		}
		return nil
	}))
	h.Reopen()
	got := rowsOf(t, h, authority.TreeTable)
	for k, v := range want {
		if got[k] != v {
			t.Errorf("node %q is %q, want %q", k, got[k], v)
		}
	}
	if rep := examined(t, h); len(rep.Found) > 0 || rep.Fits == 0 {
		t.Errorf("got %+v", rep)
	}
}

func TestCheckpoint_EveryThousandEntriesAndOldOnesMakeRoom(t *testing.T) {
	h := authoritytest.Open(t)
	h.Start()
	lengthen(t, h, 2600)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	for range 500 {
		if c, _, err := h.Checkpoint(t.Context(), root()); err == nil && c.Size > 1600 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if c, _, err := h.Checkpoint(t.Context(), root()); err != nil || c.Size <= 1600 {
		t.Errorf("the newest checkpoint covers %d entries of 2,601 (%v)", c.Size, err)
	}
	for range 20 {
		h.RecordRefusal(t.Context(), as(root(), "deleteToken"), fault.New(fault.NotFound, "There is no such token."))
		_, err := h.SignedCheckpoint(t.Context())
		must(t, err)
	}
	if n := len(rowsOf(t, h, authority.CheckpointsTable)); n > 4 {
		t.Errorf("%d checkpoints are kept of 2,621 entries", n)
	}
}

func TestCheckpoint_IsNeverSignedOverALogThatTheLastOneDoesNotFit(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true
	h.Token(draft("x"))
	h.Token(draft("y"))
	note, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	rows := rowsOf(t, h, authority.Names.Audit)
	first, second := "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00\x00\x00\x00\x00\x00\x02"
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		forged := authority.Resealed(keys, authority.Names.Audit, second, first, rows[second])
		return w.Put(authority.Names.Audit, []byte(first), forged)
	}))
	h.Token(draft("z"))
	if _, err := h.SignedCheckpoint(t.Context()); err == nil || !strings.Contains(err.Error(), "not the one") {
		t.Errorf("a forged log got a signature: %v", err)
	}
	if h.CheckpointState().Failed == nil {
		t.Error("nobody is told of it")
	}
	if rep := examined(t, h, ledger.NamedNote{Name: "mine", Note: note}); len(rep.Found) == 0 {
		t.Error("the forged entry was not found")
	}
}

func TestCheckpoint_ThatCannotBeKeptIsToldUntilOneIs(t *testing.T) {
	var gate authoritytest.Gate
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: gate.Wrap})
	expect := func(when string, covered, entries uint64, failed bool) {
		t.Helper()
		if s := h.CheckpointState(); s.Covered != covered || s.Entries != entries || (s.Failed != nil) != failed {
			t.Errorf("%s: %+v, want %d of %d entries covered, and that it failed: %v", when, s, covered, entries, failed)
		}
	}
	h.Token(draft("x"))
	expect("before the first", 0, 1, false)
	_, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	expect("after the first", 1, 1, false)
	h.Token(draft("y"))
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = h.SignedCheckpoint(gone)
	if expect("after somebody hung up", 1, 2, false); err == nil {
		t.Error("somebody who hung up got one")
	}
	gate.Before(func(context.Context) error { return errors.New("there is no room") })
	if _, err := h.SignedCheckpoint(t.Context()); err == nil {
		t.Error("a checkpoint that was not kept was given away")
	}
	expect("while none can be kept", 1, 2, true)
	gate.Before(nil)
	_, err = h.SignedCheckpoint(t.Context())
	must(t, err)
	expect("after the next", 2, 2, false)
}

func TestCheckpoint_OutlivesANewKey(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("x"))
	note, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	h.Close()
	addKey(t, h.KeyFile())
	must(t, h.TryOpen())
	h.Token(draft("y"))
	_, err = h.SignedCheckpoint(t.Context())
	must(t, err)
	if rep := examined(t, h, ledger.NamedNote{Name: "mine", Note: note}); len(rep.Found) > 0 || rep.Fits < 2 {
		t.Errorf("got %+v", rep)
	}
}

// I5: numbers without gaps, and time that never runs back, whatever the clock
// does.
func TestAuditLog_OrderAndTimeAreHonestWhateverTheClockDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := authoritytest.Open(t)
		defer h.Close()
		for range rapid.IntRange(1, 30).Draw(rt, "changes") {
			h.Clock.Set(time.Duration(rapid.Int64Range(-1<<40, 1<<40).Draw(rt, "milliseconds")) * time.Millisecond / 1000)
			h.Token(draft("x"))
			if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
				h.Reopen()
			}
		}
		trail := h.Trail()
		for i, e := range trail {
			if e.Seq != uint64(len(trail)-i) {
				rt.Errorf("entry %d stands at place %d", e.Seq, len(trail)-i)
			}
			if i > 0 && e.Time > trail[i-1].Time {
				rt.Errorf("entry %d of %v comes after entry %d of %v", trail[i-1].Seq, trail[i-1].Time, e.Seq, e.Time)
			}
		}
		if rep := examined(t, h); len(rep.Found) > 0 {
			rt.Errorf("got %v", rep.Found)
		}
	})
}
