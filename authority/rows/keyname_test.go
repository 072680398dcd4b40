package rows

import (
	"strings"
	"testing"

	"tokenscale/store"
	"tokenscale/token"
)

// Whoever is told of a bad row must see whose it is, and no key may break the line it stands in.
func TestKeyName_SaysWhatAKeyIsAbout(t *testing.T) {
	for _, test := range []struct {
		table store.Table
		key   string
		want  string
	}{
		{TokensTable, TokenKey(7, false), "number 7"},
		{TokensTable, TokenKey(7, true), "number 7, in its grace period"},
		{UsesTable, TokenKey(1, false), "number 1"},
		{SubjectsTable, SubjectKey(7, 9), "number 7, entry 9"},
		{EvidenceTable, EvidenceKey(9, 64), "entry 9, from effect 64 on"},
		{AuditTable, SeqKey(9), "entry 9"},
		{CheckpointsTable, SeqKey(9), "entry 9"},
		{SettingsTable, "policies", `"policies"`},
		{TokensTable, "\x00\n", `"\x00\n"`},
		{AuditTable, "", `""`},
		{FiltersTable, strings.Repeat("x", 65), `"` + strings.Repeat("x", 64) + `"… (65 bytes)`},
	} {
		if got := KeyName(test.table, []byte(test.key)); got != test.want {
			t.Errorf("%s, %q: got %s, want %s", test.table, test.key, got, test.want)
		}
	}
}

func TestARowWhoseSealIsBrokenIsNamedByItsNumber(t *testing.T) {
	table := New(newKeys(t)).Tokens
	key := TokenKey(7, false)
	row := table.Seal(key, StoredToken{Token: token.Token{ID: "x", Number: 7}})
	row[len(row)-1] ^= 1
	if _, err := table.Decode([]byte(key), row); err == nil || !strings.HasPrefix(err.Error(), "table tokens, key number 7: ") {
		t.Errorf("got %v", err)
	}
}
