package caseless

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestEveryLetterIsFoldedLikeThoseItDiffersFromByCase(t *testing.T) {
	for c := range rune(unicode.MaxRune) {
		folded := Fold(string(c))
		for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
			if utf8.ValidRune(c) && folded != Fold(string(other)) {
				t.Errorf("%U is folded to %q, and %U to %q", c, folded, other, Fold(string(other)))
			}
		}
		if Fold(folded) != folded {
			t.Errorf("%U is folded to %q, and that to %q", c, folded, Fold(folded))
		}
	}
}

func TestFoldingIsDoneOnce(t *testing.T) {
	letters := rapid.SampledFrom([]string{"a", "E", "e", "f", "i", "I", "s", "z", "~", "\u0301", "\u0307", "\u0323", "\u00e9", "\u0130", "\u0131", "\u00df", "\u1e9e", "\u1112", "\u1161", "\u212a", "\ufb01", "\U0001f600"})
	rapid.Check(t, func(t *rapid.T) {
		a := strings.Join(rapid.SliceOfN(letters, 0, 6).Draw(t, "a"), "")
		if got := string(AppendFold([]byte("x"), a)); got != "x"+Fold(a) {
			t.Fatalf("AppendFold(%q) = %q", a, got)
		}
		if again := Fold(Fold(a)); again != Fold(a) {
			t.Fatalf("%q is folded to %q, and that to %q", a, Fold(a), again)
		}
	})
}
