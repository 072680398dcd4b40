package index

import (
	"strings"
	"testing"

	"tokenscale/authority/index/caseless"
	"tokenscale/token"
)

func TestNamesFindEachOtherHoweverTheyAreWritten(t *testing.T) {
	for _, test := range []struct {
		name   string
		a, b   string
		within bool // b is only a part of a
	}{
		{"composed and decomposed", "Caf\u00e9", "cafe\u0301", false},
		{"two marks in either order", "a\u0323\u0301", "a\u0301\u0323", false},
		{"a part that ends in an accent", "Caf\u00e9 am Platz", "FE\u0301 AM", true},
		{"an i for a capital with its dot", "\u0130stanbul", "istanbul", false},
		{"the same, in capitals", "\u0130STANBUL", "ISTANBUL", false},
		{"the same, decomposed", "I\u0307stanbul", "\u0130stanbul", false},
		{"sharp s and two of them", "Stra\u00dfe", "STRASSE", false},
		{"the capital sharp s", "STRA\u1e9eE", "strasse", false},
		{"the sigma at the end", "\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2", false},
		{"a ligature", "\ufb01nance", "FINANCE", false},
		{"a syllable of Hangul and its letters", "\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af", false},
		{"the sign for angstrom", "\u212bngstr\u00f6m", "a\u030angstro\u0308m", false},
		{"the sign for kelvin", "\u212a", "k", false},
		{"an iota below", "\u1fb3", "\u0391\u0399", false},
		{"letters of Cherokee", "\uab70", "\u13a0", false},
	} {
		x := New()
		put(x, tokenOf(1, test.a, 0), tokenOf(2, "another", 0))
		if caseless.Fold(test.a) != caseless.Fold(test.b) && !test.within {
			t.Errorf("%s: %q is folded to %q, and %q to %q", test.name, test.a, caseless.Fold(test.a), test.b, caseless.Fold(test.b))
		}
		p := x.Page(token.Query{Search: test.b, Limit: 10}, 1)
		if p.Total != 1 || p.Entries[0].Name() != test.a {
			t.Errorf("%s: %q finds %d tokens, want %q as it was written", test.name, test.b, p.Total, test.a)
		}
	}
	for _, test := range [][2]string{{"Caf\u00e9", "cafz"}, {"caf\u00e9", "cafe"}, {"\u0131stanbul", "istanbul"}, {"\uff21", "a"}} {
		if strings.Contains(caseless.Fold(test[0]), caseless.Fold(test[1])) {
			t.Errorf("%q is found by %q", test[0], test[1])
		}
	}
}

func TestAStoredNameComesBackByteForByte(t *testing.T) {
	x := New()
	for i, name := range []string{"cafe\u0301", "\u0130", "I\u0307", "\u212b"} {
		put(x, tokenOf(i, name, 0))
		if got := find(t, x, token.ID(idOf(i))).Token().Name; got != name {
			t.Errorf("%q came back as %q", name, got)
		}
	}
}
