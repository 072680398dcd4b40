package index

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns a name as it is compared: without regard to case and to how its
// accents are written, by Unicode's canonical caseless matching (The Unicode
// Standard, 3.13, D145), composed again so that a letter with its accent is one
// character. And a dot above an i is dropped: full case folding makes one of
// the capital İ, and who looks for istanbul means İstanbul.
func Fold(name string) string {
	if ascii(name) {
		return strings.ToLower(name) // the name itself if it is lower case
	}
	last := rune(0)
	folded := strings.Map(func(c rune) rune {
		if c == '\u0307' && last == 'i' {
			return -1
		}
		last = cherokee(c)
		return last
	}, cases.Fold().String(norm.NFD.String(name)))
	return norm.NFC.String(folded)
}

// cherokee returns the letter that a letter of Cherokee is folded to. Package
// cases folds the capitals to the small ones and the small ones to the capitals.
func cherokee(c rune) rune {
	switch {
	case '\uab70' <= c && c <= '\uabbf':
		return c - '\uab70' + '\u13a0'
	case '\u13f8' <= c && c <= '\u13fd':
		return c - 8
	}
	return c
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

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
