package authority_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rollback"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store/bolt/boltfile"
)

// watched opens a House whose store is watched for rollbacks.
func watched(t *testing.T) (h *authoritytest.House, record string) {
	t.Helper()
	record = filepath.Join(t.TempDir(), "state")
	h = authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.StateFile = record }})
	return h, record
}

// more makes n tokens.
func more(h *authoritytest.House, n int) {
	for range n {
		h.Token(policy.Draft{Name: "more", Permissions: permission.Of(permission.ReadHealthCheck)})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s storeOf) path() string { return boltfile.Path(filepath.Join(s.Folder(), "data")) }

type storeOf struct{ *authoritytest.House }

func TestARecordThatLagsBehindIsNoRollback(t *testing.T) {
	t.Parallel()
	h, record := watched(t)
	older := read(t, record)
	more(h, 3)
	h.Close()
	write(t, record, older)
	if err := h.TryOpen(); err != nil {
		t.Error(err)
	}
}

func TestAnOlderStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	h, record := watched(t)
	more(h, 3)
	h.Close()
	older := read(t, storeOf{h}.path())
	h.Reopen()
	more(h, 1)
	h.Close()
	newer, state := read(t, storeOf{h}.path()), read(t, record)
	write(t, storeOf{h}.path(), older)
	if err := h.TryOpen(); !errors.Is(err, rollback.ErrRollback) {
		t.Errorf("an older store: %v, want ErrRollback", err)
	}
	if string(read(t, record)) != string(state) {
		t.Error("the record was changed by a start that was refused")
	}
	write(t, storeOf{h}.path(), newer)
	h.Reopen()
}

// TestAnotherHistoryOfTheSameLengthIsRefused goes on from an older store
// without being watched, as somebody does who knows of the record.
func TestAnotherHistoryOfTheSameLengthIsRefused(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "state")
	watch := record
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.StateFile = watch }})
	more(h, 1)
	older := read(t, storeOf{h}.path()) // of the same start; nobody is writing
	more(h, 3)
	h.Close()

	write(t, storeOf{h}.path(), older)
	watch = ""
	h.Reopen()
	more(h, 9)
	h.Close()
	watch = record
	err := h.TryOpen()
	if !errors.Is(err, rollback.ErrRollback) || !strings.Contains(err.Error(), "another one than it was") {
		t.Errorf("another history: %v, want ErrRollback", err)
	}
	watch = ""
	h.Reopen()
}

func TestARecordThatIsGoneOrForgedIsNotBelieved(t *testing.T) {
	t.Parallel()
	h, record := watched(t)
	more(h, 1)
	h.Close()
	good := read(t, record)
	for name, bad := range map[string]string{
		"changed": strings.Replace(string(good), string(good[30]), map[bool]string{true: "1", false: "0"}[good[30] == '0'], 1),
		"empty":   "",
		"other":   "tokenscale-state-1\n00\n",
	} {
		write(t, record, []byte(bad))
		if err := h.TryOpen(); err == nil {
			t.Fatalf("%s: the store opens", name)
		}
	}
	if err := os.Remove(record); err != nil {
		t.Fatal(err)
	}
	if os.Symlink("/dev/zero", record) == nil { // it has no end, and would take all memory
		if err := h.TryOpen(); err == nil {
			t.Fatal("a device: the store opens")
		}
		if err := os.Remove(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.TryOpen(); !errors.Is(err, rollback.ErrRollback) {
		t.Errorf("without a record: %v, want ErrRollback", err)
	}
	write(t, record, good)
	h.Reopen()
}

// A copy of a cookie that was signed out must not count again because the store
// no longer knows of it.
func TestNoSessionOutlivesAStoreThatWasPutBack(t *testing.T) {
	t.Parallel()
	accept := false
	record := filepath.Join(t.TempDir(), "state")
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.StateFile, o.AcceptRollback = record, accept }})
	_, secret := h.Token(draft("x"))
	one, other := session(t, h, secret), session(t, h, secret)
	h.Close()
	older := read(t, storeOf{h}.path())
	h.Reopen()
	resumes(t, h, other, policy.Accepted) // an ordinary start ends none
	must(t, h.EndSession(t.Context(), one, guest()))
	h.Close()
	write(t, storeOf{h}.path(), older)
	h.Clock.Pass(time.Second)
	accept = true
	h.Reopen()
	accept = false
	for range 2 {
		resumes(t, h, one, policy.SignedOut)
		resumes(t, h, other, policy.SignedOut)
		h.Clock.Pass(time.Second)
		resumes(t, h, session(t, h, secret), policy.Accepted)
		h.Reopen()
	}
}
