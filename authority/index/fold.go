package index

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Fold returns a name as it is compared: without regard to case, by Unicode's
// full case folding.
func Fold(name string) string {
	if ascii(name) {
		return strings.ToLower(name) // the name itself if it is lower case
	}
	return cases.Fold().String(name)
}

// appendFold appends the folded name to out.
func appendFold(out []byte, name string) []byte {
	begin := len(out)
	for i := range len(name) {
		c := name[i]
		if c >= utf8.RuneSelf {
			return append(out[:begin], Fold(name)...)
		}
		out = append(out, lower(c))
	}
	return out
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// compareNames orders two names as their folded forms, without making those
// where it can.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x|y >= utf8.RuneSelf {
			return strings.Compare(Fold(a), Fold(b))
		}
		if x, y = lower(x), lower(y); x != y {
			// Only if no letter further on is folded into something that
			// begins earlier, which folding never does.
			return int(x) - int(y)
		}
	}
	if ascii(a) && ascii(b) {
		return len(a) - len(b)
	}
	return strings.Compare(Fold(a), Fold(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// nameOrder orders by name, then id.
func nameOrder(a, b *Entry) int {
	if c := compareNames(a.name, b.name); c != 0 {
		return c
	}
	return strings.Compare(string(a.ID()), string(b.ID()))
}

// expiryOrder orders by expiry, the endless last, then as nameOrder.
func expiryOrder(a, b *Entry) int {
	switch x, y := expiryKey(a), expiryKey(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return nameOrder(a, b)
}

// expiryKey turns zero, which means never, into the largest number.
func expiryKey(e *Entry) uint64 { return uint64(e.expireAt) - 1 }
