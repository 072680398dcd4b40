// Package caseless gives texts the form in which they are compared and searched: without regard to
// case and to how accents are written.
package caseless

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns a text as it is compared: without regard to case and to how its
// accents are written, by Unicode's canonical caseless matching (The Unicode
// Standard, 3.13, D145), composed again so that a letter with its accent is one
// character. And a dot above an i is dropped: full case folding makes one of
// the capital İ, and who looks for istanbul means İstanbul.
func Fold(text string) string {
	if ascii(text) {
		return strings.ToLower(text) // the text itself if it is lower case
	}
	last := rune(0)
	folded := strings.Map(func(c rune) rune {
		if c == '\u0307' && last == 'i' {
			return -1
		}
		last = cherokee(c)
		return last
	}, cases.Fold().String(norm.NFD.String(text)))
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

// AppendFold appends the folded text to out.
func AppendFold(out []byte, text string) []byte {
	begin := len(out)
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return append(out[:begin], Fold(text)...)
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
