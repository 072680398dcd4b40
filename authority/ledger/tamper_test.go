package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/epoch"
	"tokenscale/store"
)

// memory is a store in memory, which can be copied ten thousand times.
type memory map[store.Table]map[string][]byte

func (m memory) Get(t store.Table, key []byte) ([]byte, error) { return m[t][string(key)], nil }

func (m memory) Scan(t store.Table, r store.Range, fn func(key, value []byte) error) error {
	keys := slices.Sorted(maps.Keys(m[t]))
	if r.Reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		if r.From != nil && k < string(r.From) || r.To != nil && k >= string(r.To) {
			continue
		}
		if err := fn([]byte(k), m[t][k]); errors.Is(err, store.Stop) || err == nil && r.One {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (m memory) Put(t store.Table, key, value []byte) error {
	if m[t] == nil {
		m[t] = map[string][]byte{}
	}
	m[t][string(key)] = bytes.Clone(value)
	return nil
}

func (m memory) Delete(t store.Table, key []byte) error {
	delete(m[t], string(key))
	return nil
}

func (m memory) clone() memory {
	c := memory{}
	for t, rows := range m {
		c[t] = maps.Clone(rows)
	}
	return c
}

// testKeys returns keys made of one letter.
func testKeys(t testing.TB, letter string) *keyring.Keys {
	t.Helper()
	return rowstest.Keys(t, letter)
}

// named returns the log of a store that is called by a number.
func named(t testing.TB, w store.Writer, keys *keyring.Keys, store uint64) Ledger {
	t.Helper()
	all := rows.New(keys)
	if err := all.Numbers.Put(w, rows.StoreKey, store); err != nil {
		t.Fatal(err)
	}
	return New(all)
}

// written returns a log of the entries, with its tree and a checkpoint, and
// the checkpoint.
func written(t testing.TB, keys *keyring.Keys, entries []audit.Entry) (memory, string) {
	t.Helper()
	m := memory{}
	l := named(t, m, keys, 1)
	if err := l.AppendAll(m, slices.Clone(entries)); err != nil {
		t.Fatal(err)
	}
	s, err := l.sign(m, audit.SignedCheckpoint{}, entries[len(entries)-1].Time)
	if err == nil {
		err = l.keepCheckpoint(m, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m, s.Note
}

func someEntries(n int) []audit.Entry {
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = audit.Entry{
			Time: epoch.Millis(1_795_436_925_000 + i/3), Type: audit.TokenChanged, Action: "createSystemToken", Actor: audit.System(),
			TokenID: fmt.Sprint("token", i), Fields: []audit.Field{audit.One("tokenName", fmt.Sprint("name ", i)), audit.Many("newPermissions", nil)},
		}
	}
	return entries
}

// found examines a log, and returns what does not fit.
func found(t testing.TB, m memory, keys *keyring.Keys, notes ...string) []audit.Finding {
	t.Helper()
	var given []NamedNote
	for _, n := range notes {
		given = append(given, NamedNote{"the checkpoint of yesterday", n})
	}
	rep, err := Examine(context.Background(), m, keys, given...)
	if err != nil {
		t.Fatal(err)
	}
	return rep.Found
}

// An edit changes a log behind our back and returns the first entry that is
// not as it was.
type edit func(m memory, n int) (seq uint64)

// clumsy edits are made by somebody who has the store and not the keys.
func clumsy(m memory) map[string]edit {
	log := m[rows.AuditTable]
	one := func(n int) uint64 { return 1 + rand.Uint64N(uint64(n)) }
	return map[string]edit{
		"a bit changed": func(_ memory, n int) uint64 {
			seq := one(n)
			row := bytes.Clone(log[rows.SeqKey(seq)])
			row[rand.IntN(len(row))] ^= 1 << rand.IntN(8)
			log[rows.SeqKey(seq)] = row
			return seq
		},
		"an entry deleted": func(_ memory, n int) uint64 {
			seq := one(n)
			delete(log, rows.SeqKey(seq))
			return seq
		},
		"an entry put in the place of another": func(_ memory, n int) uint64 {
			from, to := one(n), one(n+1)
			for from == to {
				to = one(n + 1)
			}
			log[rows.SeqKey(to)] = log[rows.SeqKey(from)]
			return to
		},
		"two entries swapped": func(_ memory, n int) uint64 {
			a, b := one(n), one(n)
			for a == b {
				b = one(n)
			}
			log[rows.SeqKey(a)], log[rows.SeqKey(b)] = log[rows.SeqKey(b)], log[rows.SeqKey(a)]
			return min(a, b)
		},
		"the tail cut off, and all that tells of it": func(m memory, n int) uint64 {
			keep := uint64(rand.IntN(n))
			truncate(m, keep)
			return keep + 1
		},
	}
}

// cut reports whether an edit leaves no hole, so that what is missing may be
// missing from anywhere.
func cut(name string, seq, n uint64) bool {
	return strings.HasPrefix(name, "the tail") || name == "an entry deleted" && seq == n
}

// truncate leaves a log as it was when it had so many entries.
func truncate(m memory, keep uint64) {
	maps.DeleteFunc(m[rows.AuditTable], func(k string, _ []byte) bool { return k > rows.SeqKey(keep) })
	maps.DeleteFunc(m[rows.CheckpointsTable], func(k string, _ []byte) bool { return k > rows.SeqKey(keep) })
	maps.DeleteFunc(m[rows.TreeTable], func(k string, _ []byte) bool { return k >= rows.NodeKey(tileHeight, keep>>tileHeight) })
}

// A forgery is a log written anew with the right keys: every seal, the tree
// and the checkpoints beside it are sound.
type forgery func(entries []audit.Entry) (forged []audit.Entry, first uint64)

var forgeries = map[string]forgery{
	"an entry changed": func(e []audit.Entry) ([]audit.Entry, uint64) {
		i := rand.IntN(len(e))
		e[i].Action = "deleteToken"
		return e, uint64(i + 1)
	},
	"an entry taken out, and the rest numbered anew": func(e []audit.Entry) ([]audit.Entry, uint64) {
		i := rand.IntN(len(e))
		return slices.Delete(e, i, i+1), uint64(i + 1)
	},
	"an entry put in": func(e []audit.Entry) ([]audit.Entry, uint64) {
		i := rand.IntN(len(e))
		return slices.Insert(e, i, audit.Entry{Time: e[i].Time, Type: audit.RootReplaced, Actor: audit.System()}), uint64(i + 1)
	},
	"two entries swapped": func(e []audit.Entry) ([]audit.Entry, uint64) {
		i := rand.IntN(len(e) - 1)
		j := i + 1 + rand.IntN(len(e)-i-1)
		e[i], e[j] = e[j], e[i]
		return e, uint64(i + 1)
	},
	"the tail cut off": func(e []audit.Entry) ([]audit.Entry, uint64) {
		i := 1 + rand.IntN(len(e)-1)
		return e[:i], uint64(i + 1)
	},
	"another tail": func(e []audit.Entry) ([]audit.Entry, uint64) {
		i := rand.IntN(len(e))
		for j := range len(e) - i {
			e[i+j].TokenID = "another"
		}
		return append(e, e[len(e)-1]), uint64(i + 1)
	},
}

// The bar of I4: of ten thousand edits, an earlier checkpoint tells all.
func TestTenThousandEditsOfTheAuditLogAreFoundByAnEarlierCheckpoint(t *testing.T) {
	const n = 8
	keys, lost := testKeys(t, "a"), testKeys(t, "b")
	entries := someEntries(n)
	whole, note := written(t, keys, entries)
	if f := found(t, whole, keys, note); len(f) > 0 {
		t.Fatalf("the log as it was written: %v", f)
	}
	edits := 0
	for edits < 5000 {
		for name := range clumsy(nil) {
			m := whole.clone()
			seq := clumsy(m)[name](m, n)
			f := found(t, m, keys, note)
			if len(f) == 0 || f[0].First > seq || f[0].Last != seq || f[0].First != seq && !cut(name, seq, n) {
				t.Fatalf("%s, at entry %d: %v", name, seq, f)
			}
			edits++
		}
	}
	for edits < 10_000 {
		for name, forge := range forgeries {
			forged, seq := forge(slices.Clone(entries))
			m, _ := written(t, keys, forged)
			f := found(t, m, keys, note)
			if len(f) == 0 || f[0].First > seq || f[0].Last < seq {
				t.Fatalf("%s, at entry %d, with the keys: %v", name, seq, f)
			}
			edits++
		}
		m, _ := written(t, lost, entries)
		if f := found(t, m, lost, note); len(f) == 0 || !strings.Contains(f[0].String(), "another key") {
			t.Fatalf("all written anew under another key: %v", f)
		}
		edits++
	}
}

// The control: why a checkpoint has to be kept elsewhere.
func TestWithoutACheckpointFromElsewhereACutTailAndAForgedLogAreMissed(t *testing.T) {
	keys := testKeys(t, "a")
	entries := someEntries(24)
	m, _ := written(t, keys, entries)
	truncate(m, 20)
	if f := found(t, m, keys); len(f) > 0 {
		t.Errorf("the cut tail is found: %v; then the documents should say so", f)
	}
	for name, forge := range forgeries {
		forged, _ := forge(slices.Clone(entries))
		m, _ := written(t, keys, forged)
		if f := found(t, m, keys); len(f) > 0 {
			t.Errorf("%s, with the keys, is found: %v", name, f)
		}
	}
}

// What was written before the checkpoint is pinned; what came after is not.
func TestALogThatGrewSinceTheCheckpointFitsIt(t *testing.T) {
	keys := testKeys(t, "a")
	entries := someEntries(700)
	_, early := written(t, keys, entries[:300])
	m, late := written(t, keys, entries)
	if f := found(t, m, keys, early, late); len(f) > 0 {
		t.Errorf("got %v", f)
	}
	entries[400].Action = "forged"
	m, _ = written(t, keys, entries)
	if f := found(t, m, keys, early); len(f) > 0 {
		t.Errorf("entry 401 is younger than the checkpoint, and yet: %v", f)
	}
	if f := found(t, m, keys, early, late); len(f) == 0 || f[0].First != 301 || f[0].Last != 700 {
		t.Errorf("between the two checkpoints: %v", f)
	}
}

// The kept nodes narrow down where a forged entry is, and are checked too.
func TestTheKeptTreeIsPartOfTheExamination(t *testing.T) {
	keys := testKeys(t, "a")
	entries := someEntries(700)
	whole, _ := written(t, keys, entries)
	if n := len(whole[rows.TreeTable]); n != 2 {
		t.Fatalf("%d nodes are kept of 700 entries, want 2", n)
	}
	entries[300].Action = "forged"
	forged, _ := written(t, keys, entries)
	m := whole.clone()
	m[rows.AuditTable] = forged[rows.AuditTable]
	if f := found(t, m, keys); len(f) == 0 || f[0].First != 257 || f[0].Last != 512 {
		t.Errorf("an entry changed under its tree: %v", f)
	}
	m = whole.clone()
	row := bytes.Clone(m[rows.TreeTable][rows.NodeKey(8, 1)])
	row[10] ^= 1
	m[rows.TreeTable][rows.NodeKey(8, 1)] = row
	if f := found(t, m, keys); len(f) != 1 || !strings.Contains(f[0].String(), "seal") {
		t.Errorf("a node changed: %v", f)
	}
	m = whole.clone()
	delete(m[rows.TreeTable], rows.NodeKey(8, 1))
	if f := found(t, m, keys); len(f) > 0 {
		t.Errorf("a node that is not there is computed, and yet: %v", f)
	}
	maps.DeleteFunc(whole[rows.AuditTable], func(k string, _ []byte) bool { return k > rows.SeqKey(300) })
	clear(whole[rows.CheckpointsTable])
	if f := found(t, whole, keys); len(f) == 0 || f[0].First != 301 {
		t.Errorf("a log cut off under its tree: %v", f)
	}
}
