package ledger

import (
	"bytes"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/rows"
)

// Two installations may even have one key file.
func TestTheCheckpointOfAnotherInstallationIsRefusedAsThat(t *testing.T) {
	keys := testKeys(t, "a")
	ours, _ := written(t, keys, someEntries(3))
	theirs := memory{}
	l := named(t, theirs, keys, 2)
	if err := l.AppendAll(theirs, someEntries(3)); err != nil {
		t.Fatal(err)
	}
	note, err := Sign(theirs, keys, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := found(t, ours, keys, note)
	if want := `of yesterday: it is no checkpoint of this audit log: it is of another log, "tokenscale.invalid/audit/2", and this one is "tokenscale.invalid/audit/1"`; len(f) != 1 || !strings.Contains(f[0].Why, want) {
		t.Errorf("got %v, want %s", f, want)
	}
	line, err := VerifierKey(theirs, keys)
	if err != nil || !strings.HasPrefix(line, "tokenscale.invalid/audit/2+") {
		t.Fatalf("the verifier key is %q, %v", line, err)
	}
	if _, err := Trusting(ours, keys, line); err == nil || !strings.Contains(err.Error(), "the key of another audit log") {
		t.Errorf("the verifier key of another log: %v", err)
	}
	if _, err := Trusting(theirs, keys, line); err != nil {
		t.Errorf("the verifier key of this log: %v", err)
	}
}

// The name is sealed like all else, and what is kept elsewhere tells of a change.
func TestALogThatLostItsNameProvesNothing(t *testing.T) {
	keys := testKeys(t, "a")
	whole, note := written(t, keys, someEntries(3))
	for name, c := range map[string]struct {
		change func(m memory)
		words  string
	}{
		"another name": {func(m memory) { named(t, m, keys, 2) }, "of another log"},
		"no name":      {func(m memory) { delete(m[rows.SettingsTable], rows.StoreKey) }, "no name yet"},
		"a bit of it changed": {func(m memory) {
			row := bytes.Clone(m[rows.SettingsTable][rows.StoreKey])
			row[len(row)-1] ^= 1
			m[rows.SettingsTable][rows.StoreKey] = row
		}, "seal"},
	} {
		m := whole.clone()
		c.change(m)
		f := found(t, m, keys, note)
		if len(f) != 2 || !strings.Contains(f[0].Why, c.words) || !strings.Contains(f[1].Why, c.words) {
			t.Errorf("%s: the stored checkpoint and the given one: %v", name, f)
		}
		if _, err := New(rows.New(keys)).sign(m, audit.SignedCheckpoint{}, 0); name != "another name" && err == nil {
			t.Errorf("%s: a checkpoint was signed", name)
		}
	}
}
