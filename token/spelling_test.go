package token

import (
	"bytes"
	"crypto/rand"
	"errors"
	"hash/crc32"
	"io"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

// shape is what docs/security.md tells people to look for leaked strings with.
var shape = regexp.MustCompile(`\b[0-9A-Za-z]{32}~[0-9A-Za-z]{44}\b|\blocalroot~[0-9A-Za-z]{44}\b`)

// signed puts the checksum behind a text, by a way of its own: the CRC as a
// number to the base of 62, of which package big writes the small letters first.
func signed(text string) string {
	swapped := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}
	number := new(big.Int).SetUint64(uint64(crc32.Checksum([]byte(text), crc32.MakeTable(crc32.IEEE)))).Text(62)
	return text + strings.Repeat("0", 6-len(number)) + strings.Map(swapped, number)
}

func TestString_IsAsItHasAlwaysBeen(t *testing.T) {
	sequence := make([]byte, 248)
	for i := range sequence {
		sequence[i] = byte(i)
	}
	const want = "0123456789ABCDEFGHIJKLMNOPQRSTUV~WXYZabcdefghijklmnopqrstuvwxyz01234567"
	id, s, err := Mint(io.MultiReader(bytes.NewReader(sequence[:32]), bytes.NewReader(sequence[32:])))
	if got := s.Reveal(); err != nil || id != "0123456789ABCDEFGHIJKLMNOPQRSTUV" || got != signed(want) {
		t.Errorf("got %s, %v; want %s", got, err, signed(want))
	}
	if len(s.Reveal()) != MaxLength || MaxLength != 77 {
		t.Errorf("a token string has %d bytes and MaxLength is %d, want 77", len(s.Reveal()), MaxLength)
	}
}

// A right checksum is no excuse: whoever knows how it is made can write one
// behind anything.
func TestString_OnlyLettersAndDigitsWhateverTheChecksum(t *testing.T) {
	_, s := mint(t)
	for _, body := range []string{s.Reveal()[:71], "localroot~" + s.Reveal()[33:71]} {
		tilde := strings.IndexByte(body, '~')
		for _, at := range []int{0, tilde - 1, tilde, tilde + 1, len(body) - 1} {
			for c := range 256 {
				text := signed(body[:at] + string([]byte{byte(c)}) + body[at+1:])
				_, _, ok := Parse(text)
				if want := shape.FindString(text) == text; ok != want {
					t.Errorf("%q with the byte %q at %d: accepted %v, want %v", body, byte(c), at, ok, want)
				}
			}
		}
	}
}

func TestString_NoOtherLengthWhateverTheChecksum(t *testing.T) {
	letters := strings.Repeat("a", 60)
	for id := range 60 {
		for tail := range 60 {
			_, _, ok := Parse(signed(letters[:id] + "~" + letters[:tail]))
			if want := id == 32 && tail == 38; ok != want {
				t.Errorf("%d letters, a tilde and %d letters with a checksum: accepted %v, want %v", id, tail, ok, want)
			}
		}
	}
}

func TestString_RootHasOneName(t *testing.T) {
	for id, want := range map[string]bool{"localroot": true, "localRoot": false, "otherroot": false, "localroo0": false} {
		if _, _, ok := Parse(signed(id + "~" + strings.Repeat("a", 38))); ok != want {
			t.Errorf("%s: accepted %v, want %v", id, ok, want)
		}
	}
}

func TestMint_FailsWhenThereIsNoRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	for _, n := range []int64{0, 31, 32, 40, 69} {
		some := io.MultiReader(io.LimitReader(rand.Reader, n), iotest.ErrReader(broken))
		if id, s, err := Mint(some); !errors.Is(err, broken) || s != (Secret{}) {
			t.Errorf("after %d bytes: %q, %v, want the error", n, id, err)
		}
	}
	for _, n := range []int64{0, 37} {
		if s, err := MintFor(Root, io.MultiReader(io.LimitReader(rand.Reader, n), iotest.ErrReader(broken))); !errors.Is(err, broken) || s != (Secret{}) {
			t.Errorf("a root token after %d bytes: %v, want the error", n, err)
		}
	}
	if id, err := NewID(iotest.ErrReader(broken)); !errors.Is(err, broken) || id != "" {
		t.Errorf("an id: %q, %v, want the error", id, err)
	}
}

// FuzzTokenParse holds Parse against the shape that people search with and a
// checksum made another way: whatever is accepted is written in one way only.
func FuzzTokenParse(f *testing.F) {
	_, s := mint(f)
	body := s.Reveal()[:71]
	for _, text := range []string{
		body, "localroot~" + body[33:], "otherroot~" + body[33:], body[:32] + "-" + body[33:], "", "~", strings.ToUpper(body), body + "A",
		body[:70] + " ", body[:70] + "\x00", "é" + body[2:], body[:31] + "~" + body[32:], body + "," + body, "Bearer " + body,
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, sign bool) {
		if sign { // else hardly anything gets past the checksum
			text = signed(text)
		}
		id, secret, ok := Parse(text)
		if want := shape.FindString(text) == text && text != "" && signed(text[:len(text)-6]) == text; ok != want {
			t.Fatalf("%q: accepted %v, want %v", text, ok, want)
		}
		if claimed, split, shaped := Split(text); ok != (shaped && split.Sound()) || ok && (claimed != id || split != secret) || !shaped && split.Sound() {
			t.Errorf("%q: Split gives %q, %v, and it is sound: %v", text, claimed, shaped, split.Sound())
		}
		if !ok {
			if id != "" || secret != (Secret{}) {
				t.Errorf("a refused string gave %q", id)
			}
			return
		}
		again := string(id) + "~" + text[len(id)+1:]
		if secret.Reveal() != text || again != text {
			t.Errorf("%q prints back as %q, %q", text, secret.Reveal(), again)
		}
	})
}
