package audit

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestATreeThatGrowsHasTheRootsAndNodesOfRFC6962(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	var g Growing
	made := 0
	g.Made = func(level int, n uint64, h Hash) {
		made++
		if want := stored[tlog.StoredHashIndex(level, int64(n))]; h != want {
			t.Errorf("node %d of level %d is %v, want %v", n, level, h, want)
		}
	}
	for n := range int64(600) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || g.Root() != want || g.Size() != uint64(n) {
			t.Fatalf("of %d leaves the root is %v, want %v (%v)", n, g.Root(), want, err)
		}
		leaf := binary.AppendVarint(nil, n)
		hashes, err := tlog.StoredHashes(n, Leaf(uint64(n), leaf), reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		g.Add(LeafHash(uint64(n), leaf))
	}
	if made != len(stored) {
		t.Errorf("%d nodes were made, want %d", made, len(stored))
	}
}

func TestALeafBindsTheNumberToTheEntry(t *testing.T) {
	if LeafHash(1, []byte("x")) == LeafHash(2, []byte("x")) || LeafHash(1, []byte("x")) == LeafHash(1, []byte("y")) {
		t.Error("two entries have one leaf")
	}
}

func signer(t testing.TB, letter string) *Signer {
	t.Helper()
	s, err := NewSigner(ourLog, ed25519.NewKeyFromSeed([]byte(strings.Repeat(letter, 32))))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	ourLog   = Origin(0xfeed)
	otherLog = Origin(0xbeef)
)

var someRoot = tlog.RecordHash([]byte("root"))

func TestACheckpointIsSignedAndReadBack(t *testing.T) {
	ours, theirs := signer(t, "a"), signer(t, "b")
	c := Checkpoint{Origin: ourLog, Size: 12_345, Root: someRoot, Time: 1_795_436_925_007}
	text, err := c.Sign(ours)
	if err != nil {
		t.Fatal(err)
	}
	public, err := note.NewVerifier(ours.VerifierKey()) // as somebody does who has only that line
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenCheckpoint(text, ourLog, note.VerifierList(theirs, public)); got != c || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := OpenCheckpoint(text, ourLog, note.VerifierList(theirs)); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("under another key: %v", err)
	}
	for i := range text {
		bad := []byte(text)
		bad[i] ^= 1
		if got, err := OpenCheckpoint(string(bad), ourLog, note.VerifierList(ours)); err == nil && got != c {
			t.Errorf("with letter %d changed it reads as %v", i, got)
		}
	}
}

// Whoever keeps the checkpoints of many logs must not take one for another.
func TestACheckpointOfAnotherLogIsNamedAsThat(t *testing.T) {
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("a", 32)))
	theirs, err := NewSigner(otherLog, key)
	if err != nil {
		t.Fatal(err)
	}
	ours := signer(t, "a")
	sign := func(origin string, by note.Signer) string {
		text, err := Checkpoint{Origin: origin, Size: 7, Root: someRoot, Time: 1_795_436_925_000}.Sign(by)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, text := range map[string]string{
		"signed by that log":                sign(otherLog, theirs),
		"signed by our key in our name":     sign(otherLog, ours),
		"signed by a key that nobody knows": sign(otherLog, signer(t, "b")),
	} {
		for _, known := range []note.Verifiers{note.VerifierList(ours), note.VerifierList(ours, theirs)} {
			c, err := OpenCheckpoint(text, ourLog, known)
			if c != (Checkpoint{}) || !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "of another log, \""+otherLog+"\", and this one is \""+ourLog) {
				t.Errorf("%s: %v, %v", name, c, err)
			}
		}
	}
	if _, err := OpenCheckpoint(sign(ourLog, theirs), ourLog, note.VerifierList(ours)); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("our log in the name of another: %v", err)
	}
}

func TestEachStoreHasAnOriginThatMayNameAKey(t *testing.T) {
	seen := map[string]bool{}
	for _, store := range []uint64{0, 1, 35, 36, 1 << 63, 1<<64 - 1} {
		origin := Origin(store)
		s, err := NewSigner(origin, ed25519.NewKeyFromSeed(make([]byte, 32)))
		if err != nil || s.Name() != origin || seen[origin] || strings.Contains(origin, "://") {
			t.Errorf("store %d has the origin %q: %v", store, origin, err)
		}
		seen[origin] = true
	}
}

func TestACheckpointIsWrittenInOneWay(t *testing.T) {
	good := Checkpoint{Origin: ourLog, Size: 7, Root: someRoot, Time: 1_795_436_925_000}.Text()
	lines := strings.Split(good, "\n")
	with := func(i int, line string) string {
		l := slices.Clone(lines)
		l[i] = line
		return strings.Join(l, "\n")
	}
	for name, text := range map[string]string{
		"nothing":             "",
		"no origin":           with(0, ""),
		"an origin of words":  with(0, "the audit log"),
		"an origin with plus": with(0, "example.org/a+b"),
		"a size with a zero":  with(1, "07"),
		"a size below zero":   with(1, "-7"),
		"a size beyond all":   with(1, "18446744073709551616"),
		"a root cut short":    with(2, lines[2][:40]),
		"a time elsewhere":    with(3, "2026-11-23T14:08:45.000+02:00"),
		"a time cut short":    with(3, "2026-11-23T12:08:45Z"),
		"one line more":       good + "more\n",
		"no end of the line":  strings.TrimSuffix(good, "\n"),
		"spaces and returns":  strings.ReplaceAll(good, "\n", "\r\n"),
		"a root that is long": with(2, lines[2]+"AAAA"),
	} {
		if c, err := ParseCheckpoint(text); err == nil {
			t.Errorf("%s: %q reads as %v", name, text, c)
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add(Checkpoint{Origin: ourLog, Size: 7, Root: someRoot, Time: 1_795_436_925_000}.Text())
	f.Add("tokenscale.invalid/audit/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nnever\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCheckpoint(text); err == nil && c.Text() != text {
			t.Errorf("%q reads as %v, which is written %q", text, c, c.Text())
		}
	})
}
