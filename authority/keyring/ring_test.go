package keyring_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/store"
	"tokenscale/token"
)

// keysOf returns keys of which a line is made of each letter, the newest first, none marked as old.
func keysOf(t *testing.T, letters ...string) *keyring.Keys {
	t.Helper()
	path := rowstest.KeyFile(t, letters...)
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), " old", "")), 0o600))
	keys, err := keyring.Load(path)
	must(t, err)
	return keys
}

// ids returns the keys of a file, the newest first.
func ids(k *keyring.Keys) (list []token.KeyID) {
	for _, line := range k.Lines() {
		list = append(list, line.ID)
	}
	return list
}

func TestTheStoreSaysWhichKeySealsAndItsLastWordCounts(t *testing.T) {
	keys := keysOf(t, "b", "a")
	b, a := ids(keys)[0], ids(keys)[1]
	if keys.SealingID() != b {
		t.Error("before the store has said anything the newest key does not seal")
	}
	must(t, keys.Heed(keyring.Sealing{Key: a, Done: true, Step: 1}))
	if next, newer := keys.Next(); keys.SealingID() != a || next != b || !newer {
		t.Errorf("%v seals, and %v is next: %v", keys.SealingID(), next, newer)
	}
	begun := keys.Begin(nil)
	must(t, keys.Heed(keyring.Sealing{Key: b, Step: 3}))
	must(t, keys.Heed(keyring.Sealing{Key: a, Next: b, Step: 2})) // it was read before
	if _, newer := keys.Next(); keys.SealingID() != b || newer {
		t.Errorf("%v seals, and a newer one: %v", keys.SealingID(), newer)
	}
	if _, err := keys.Open("t", []byte("k"), keys.End(begun, "t", []byte("k"))); err != nil {
		t.Errorf("a row that was begun under the key of before: %v", err)
	}
}

func TestAKeyFileWithoutTheKeyThatSealsIsRefusedInWordsAndNothingIsWritten(t *testing.T) {
	newest := ids(keysOf(t, "b", "a"))[0]
	for name, keys := range map[string]*keyring.Keys{"lacks it": keysOf(t, "a"), "marks it as old": rowstest.Keys(t, "c", "b")} {
		err := keys.Heed(keyring.Sealing{Key: newest, Step: 1})
		if !errors.Is(err, keyring.ErrOldFile) || !strings.Contains(err.Error(), newest.String()) || !strings.Contains(strings.ToLower(err.Error()), "copy the key file here") {
			t.Errorf("one that %s: %v", name, err)
		}
	}
	keys := keysOf(t, "a")
	sums := keys.SealSums(7, []store.Sum{{1, 2}})
	_ = keys.Heed(keyring.Sealing{Key: newest, Step: 1})
	if _, err := keys.OpenSums(7, sums); !errors.Is(err, store.ErrLacksKey) {
		t.Errorf("sums of before: %v", err)
	}
}

// Whoever can write to etcd must not be able to stop nodes by a key that nobody has.
func TestOnlyAKeyOfWhichTheStoreHasSaidThatItIsNextIsMissing(t *testing.T) {
	both := keysOf(t, "b", "a")
	next := ids(both)[0]
	sums := both.SealSums(7, []store.Sum{{1, 2}})
	keys := keysOf(t, "a")
	if _, err := keys.OpenSums(7, sums); !errors.Is(err, keyring.ErrSeal) || !errors.Is(err, store.ErrUnknownKey) || errors.Is(err, store.ErrLacksKey) {
		t.Errorf("before the store has said so: %v", err)
	}
	if _, err := keys.OpenSums(8, keys.SealSums(7, nil)); !errors.Is(err, keyring.ErrSeal) || errors.Is(err, store.ErrUnknownKey) {
		t.Errorf("sums of another commit, under a key that is there: %v", err)
	}
	must(t, keys.Heed(keyring.Sealing{Key: ids(keys)[0], Next: next, Step: 1}))
	if _, err := keys.OpenSums(7, sums); !errors.Is(err, store.ErrLacksKey) || !strings.Contains(err.Error(), next.String()) {
		t.Errorf("then: %v", err)
	}
	if _, err := keys.OpenSums(7, keysOf(t, "c").SealSums(7, nil)); !errors.Is(err, keyring.ErrSeal) {
		t.Errorf("under another key that nobody has: %v", err)
	}
}

func TestOlderKeysAreShutWhenTheStoreSaysThatNothingIsUnderThemAndNewerOnesAreNot(t *testing.T) {
	keys := keysOf(t, "c", "b", "a")
	newer, sealing, old := ids(keys)[0], ids(keys)[1], ids(keys)[2]
	must(t, keys.Heed(keyring.Sealing{Key: old, Step: 1}))
	row, session := keys.Seal("t", []byte("k"), nil), keys.SealSession([]byte("s"), []byte("page"))
	opens := func(want bool, when string) {
		t.Helper()
		_, err := keys.Open("t", []byte("k"), row)
		text, ok := keys.OpenSession(session, []byte("page"))
		if (err == nil) != want || ok != want || ok && string(text) != "s" {
			t.Errorf("%s a row opens with %v, and a session: %v, want %v", when, err, ok, want)
		}
	}
	must(t, keys.Heed(keyring.Sealing{Key: sealing, Step: 2}))
	keys.Shut()
	opens(true, "before all is under the new key")
	must(t, keys.Heed(keyring.Sealing{Key: sealing, Done: true, Step: 3}))
	opens(true, "before it is shut")
	keys.Shut()
	opens(false, "then")
	if _, err := keys.Open("t", []byte("k"), keysOf(t, "c").Seal("t", []byte("k"), nil)); err != nil {
		t.Errorf("a row under the newer key %v: %v", newer, err)
	}
	for step, s := range []keyring.Sealing{{Key: sealing, Next: newer, Done: true}, {Key: newer}, {Key: newer, Done: true}} {
		s.Step = uint64(4 + step)
		must(t, keys.Heed(s))
		opens(false, "during the next rotation")
		keys.Shut()
		opens(false, "and when it is asked again")
		if _, err := keys.Open("t", []byte("k"), keysOf(t, "b").Seal("t", []byte("k"), nil)); (err == nil) == (step == 2) {
			t.Errorf("step %d: a row under the key that sealed until now: %v", s.Step, err)
		}
	}
}

func TestIdempotencyKeysAreDigestedFirstUnderTheKeyThatAllNodesHave(t *testing.T) {
	keys, alone := keysOf(t, "b", "a"), keysOf(t, "a")
	must(t, keys.Heed(keyring.Sealing{Key: alone.SealingID(), Step: 1}))
	if got := keys.IdempotencyMACs([]byte("x"), []byte("y")); len(got) != 2 || got[0] != alone.IdempotencyMACs([]byte("x"), []byte("y"))[0] || got[1] == got[0] || got[0][0] == got[0][1] {
		t.Errorf("they are %x", got)
	}
}

func TestAKeyFileThatBringsAnOlderKeyToTheFrontIsRefusedInWords(t *testing.T) {
	old := keysOf(t, "a").SealingID()
	for name, keys := range map[string]*keyring.Keys{"marked": rowstest.Keys(t, "b", "a"), "not marked": keysOf(t, "b", "a")} {
		sealing := keys.SealingID()
		must(t, keys.Heed(keyring.Sealing{Key: sealing, Done: true, Step: 1}))
		if err := keys.Adopt(keysOf(t, "a", "b")); err == nil || !strings.Contains(err.Error(), old.String()) || !strings.Contains(err.Error(), sealing.String()) {
			t.Errorf("%s as old: %v", name, err)
		}
		if next, newer := keys.Next(); newer {
			t.Errorf("%s as old: %v can be rotated to", name, next)
		}
		must(t, keys.Adopt(keysOf(t, "c", "b", "a"))) // which only takes the mark away
	}
}
