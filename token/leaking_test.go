package token

import (
	"crypto/rand"
	"math"
	"strings"
	"testing"
)

// numbered returns six digits of the alphabet for a number, as a check is written.
func numbered(n uint64) string {
	out := make([]byte, checkLength)
	for i := checkLength - 1; i >= 0; i-- {
		out[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(out)
}

// body is what stands before the check in a half, of both small and capital letters.
var body = strings.Repeat("aB", (tailLength-checkLength)/2)

func TestFindLeak_AtTheEdges(t *testing.T) {
	_, s, err := Mint(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	whole := s.Reveal()
	half := body + numbered(7)
	harmless := strings.Repeat("a", tailLength)
	for name, c := range map[string]struct {
		text string
		want Leak
	}{
		"a token and nothing around it":               {whole, WholeLeak},
		"a half behind a harmless word":               {harmless + " " + half, HalfLeak},
		"a half behind two harmless words":            {harmless + " " + harmless + " " + half, HalfLeak},
		"a token and then a half":                     {whole + " " + half, WholeLeak},
		"the largest number that a check can be":      {body + numbered(math.MaxUint32), HalfLeak},
		"the next number":                             {body + numbered(math.MaxUint32+1), NoLeak},
		"an A as the only capital letter":             {"A" + strings.Repeat("a", tailLength-checkLength-1) + numbered(7), HalfLeak},
		"an a as the only small letter":               {"a" + strings.Repeat("A", tailLength-checkLength-1) + numbered(7), HalfLeak},
		"capital letters alone":                       {strings.Repeat("A", tailLength-checkLength) + numbered(7), NoLeak},
		"a letter that nobody sees, inside the check": {half[:tailLength-2] + "\u200b" + half[tailLength-2:], HalfLeak},
		"a half that lacks a letter":                  {half[1:], NoLeak},
	} {
		if got := FindLeak(c.text); got != c.want {
			t.Errorf("%s: %q is %v, want %v", name, c.text, got, c.want)
		}
	}
}

func TestHideParts_TakesOutWhatMayBeAPartOfASecret(t *testing.T) {
	mixed := strings.Repeat("aB3d", 5) // twenty letters and digits
	for name, c := range map[string]struct{ text, want string }{
		"twenty that are mixed":             {"x " + mixed + " y", "x (hidden) y"},
		"nineteen":                          {mixed[1:], mixed[1:]},
		"two of them":                       {mixed + ", " + mixed, "(hidden), (hidden)"},
		"without a digit":                   {strings.Repeat("aB", 10), strings.Repeat("aB", 10)},
		"without a capital letter":          {strings.Repeat("a3", 10), strings.Repeat("a3", 10)},
		"without a small letter":            {strings.Repeat("A3", 10), strings.Repeat("A3", 10)},
		"twenty-nine of one kind":           {strings.Repeat("a", 29), strings.Repeat("a", 29)},
		"thirty of one kind":                {strings.Repeat("a", 30), "(hidden)"},
		"a word that is spared":             {"spared" + mixed, "spared" + mixed},
		"an A as the only capital letter":   {strings.Repeat("a3", 10) + "A", "(hidden)"},
		"a letter that nobody sees, inside": {mixed[:9] + "\u200b" + mixed[9:], "(hidden)"},
	} {
		spared := func(word string) bool { return strings.HasPrefix(word, "spared") }
		if got := HideParts(c.text, spared); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestATokenIsHiddenFromTheMomentItIsSaidSo(t *testing.T) {
	if (Token{}).Hidden() || !(Token{HiddenAfter: 1}).Hidden() {
		t.Error("a token is hidden, or is not, without regard to HiddenAfter")
	}
}
