package token

import (
	"crypto/rand"
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
)

var allOrders = []Order{ByName, ByExpiry, ByCreation, ByLastUse, ByEnd, ByLastTry}

func TestCursor_ComesBackToThePlaceItWasMadeOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := Token{
			ID: ID(rapid.StringN(0, 32, 32).Draw(t, "id")), Name: rapid.StringN(0, 253, -1).Draw(t, "name"),
			ExpireAt: epoch.Millis(rapid.Int64Min(0).Draw(t, "expiry")), CreatedAt: epoch.Millis(rapid.Int64Min(0).Draw(t, "creation")),
		}
		used := epoch.Millis(rapid.Int64Min(0).Draw(t, "use"))
		p := PlaceOf(v, used, rapid.SampledFrom(allOrders).Draw(t, "order"), rapid.Bool().Draw(t, "descending"))
		if got, ok := p.Cursor().Place(); !ok || got != p {
			t.Fatalf("%q is %+v, %v; want %+v", p.Cursor(), got, ok, p)
		}
	})
}

func TestCursor_HoldsWhatItsOrderGoesByAndNoMore(t *testing.T) {
	v := Token{ID: "id", Name: "name", ExpireAt: 1, CreatedAt: 2, IssuedAt: 3, CreatedBy: "maker", Digest: Digest{4}}
	for order, want := range map[Order]Place{
		ByName:     {Order: ByName, Name: "name", ID: "id"},
		ByExpiry:   {Order: ByExpiry, At: 1, Name: "name", ID: "id"},
		ByCreation: {Order: ByCreation, At: 2, ID: "id"},
		ByLastUse:  {Order: ByLastUse, At: 5, ID: "id"},
		ByEnd:      {Order: ByEnd, At: 5, ID: "id"},
		ByLastTry:  {Order: ByLastTry, At: 5, ID: "id"},
	} {
		if got := PlaceOf(v, 5, order, false); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestCursor_TheLongestNameFits(t *testing.T) {
	v := Token{ID: ID(strings.Repeat("i", idLength)), Name: strings.Repeat("\U0001f511", 253), ExpireAt: math.MaxInt64}
	c := PlaceOf(v, 0, ByExpiry, true).Cursor()
	if _, ok := c.Place(); !ok || len(c) > LongestCursor {
		t.Errorf("a cursor of %d bytes is refused; at most %d are possible", len(c), LongestCursor)
	}
}

func TestCursor_GarbageIsNone(t *testing.T) {
	raw := func(b ...byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	good := string(PlaceOf(Token{ID: "id", Name: "name", ExpireAt: 300}, 0, ByExpiry, false).Cursor())
	for name, text := range map[string]string{
		"nothing":                           "",
		"a word":                            "next",
		"a number":                          "50",
		"a good one cut":                    good[:len(good)-7],
		"a good one with a space":           good + " ",
		"a good one with padding":           good + "=",
		"a good one twice":                  good + good,
		"base64 of another alphabet":        base64.StdEncoding.EncodeToString([]byte{cursorVersion, 0, 0, 2, 0xff, 0xff, 0xff}),
		"another version":                   raw(cursorVersion+1, 0, 0, 1, 'i'),
		"no order":                          raw(cursorVersion),
		"an order there is not":             raw(cursorVersion, 12, 0, 1, 'i'),
		"no moment":                         raw(cursorVersion, 2),
		"half a moment":                     raw(cursorVersion, 2, 0x80),
		"a moment written longer than need": raw(cursorVersion, 2, 0x80, 0, 1, 'i'),
		"a moment beyond all":               raw(append([]byte{cursorVersion, 2}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 'i')...),
		"no id":                             raw(cursorVersion, 0, 0),
		"less of an id than it says":        raw(cursorVersion, 0, 0, 2, 'i'),
		"an id longer than any":             raw(append([]byte{cursorVersion, 0, 0, idLength + 1}, make([]byte, idLength+1)...)...),
		"a moment by name":                  raw(cursorVersion, 0, 7, 1, 'i', 'n'),
		"a name by creation":                raw(cursorVersion, 4, 7, 1, 'i', 'n'),
		"a name that is no UTF-8":           raw(cursorVersion, 0, 0, 1, 'i', 0xff),
		"a name longer than any":            raw(append([]byte{cursorVersion, 0, 0, 1, 'i'}, make([]byte, 4*253+100)...)...),
		"a million letters":                 strings.Repeat("A", 1_000_000),
	} {
		if p, ok := Cursor(text).Place(); ok {
			t.Errorf("%s is taken for %+v", name, p)
		}
	}
	if _, ok := Cursor(good).Place(); !ok {
		t.Error("a good one is refused")
	}
}

func TestCursor_ATokenStringIsNone(t *testing.T) {
	_, secret := mint(t)
	s, err := MintFor(Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{secret.Reveal(), s.Reveal()} {
		if _, ok := Cursor(text).Place(); ok {
			t.Error("a token string is taken for a cursor")
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, order := range allOrders {
		f.Add(string(PlaceOf(Token{ID: "0123456789abcdefghijklmnopqrstuv", Name: "Nürse", ExpireAt: 1 << 40, CreatedAt: 1 << 41}, 1<<42, order, true).Cursor()))
	}
	f.Add("AQAAAWk")
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := Cursor(text).Place()
		if ok && (p.Cursor() != Cursor(text) || p.At < 0 || len(p.ID) > idLength || len(p.Name) > longestName) {
			t.Errorf("%q is %+v, which is %q", text, p, p.Cursor())
		}
	})
}
