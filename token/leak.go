package token

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Leak is what of a token stands where none belongs.
type Leak uint8

// What a text can hold.
const (
	NoLeak    Leak = iota
	HalfLeak       // what may be the secret half of a token; its id is no secret
	WholeLeak      // a whole token string
)

// FindLeak reports whether a text holds a token string, or what may be the
// secret half of one, with whatever around it: quotes, a line's end, escapes,
// other letters, or invisible characters that an editor has put in.
//
// A half is 44 letters and digits, small and capital ones among them, of which
// the last six are a number below 2^32. Which number cannot be checked without
// the id. So every half is found, and of other words of 44 random letters one in
// thirteen is taken for one; none in the digits and letters of hexadecimal, and
// none without digits.
func FindLeak(text string) Leak {
	leak := NoLeak
	eachRun(text, tailLength, func(from, to int, letters string) bool {
		if holdsHalf(letters) {
			leak = HalfLeak
			if isWhole(text, from, to) {
				leak = WholeLeak
			}
		}
		return leak == NoLeak
	})
	return leak
}

// isWhole reports whether an id stands before the run from from to to, of which
// a half is the beginning.
func isWhole(text string, from, to int) bool {
	for _, id := range []int{idLength, len(Root)} {
		begin, end := from-1-id, from+tailLength
		if begin >= 0 && end <= to {
			if _, _, ok := Parse(text[begin:end]); ok {
				return true
			}
		}
	}
	return false
}

// Hide takes each word that may hold the secret half of a token out of a text,
// for sentences and logs that repeat what somebody has sent. See FindLeak.
func Hide(text string) string {
	return hideRuns(text, tailLength, holdsHalf, nil)
}

// HideParts is Hide for texts in which nobody has use for long words: it takes
// out too what may be a part of a secret. Words in spared stay.
func HideParts(text string, spared func(word string) bool) string {
	return hideRuns(text, shortPart, mayBePart, spared)
}

const (
	hiddenWord = "(hidden)"

	shortPart = 20 // letters and digits that are mixed as in a secret may be a part of one
	longPart  = 30 // so many of any kind may be
)

func mayBePart(letters string) bool {
	upper, lower, digit := kinds(letters)
	return len(letters) >= longPart || upper && lower && digit
}

func hideRuns(text string, least int, secret func(letters string) bool, spared func(word string) bool) string {
	var out strings.Builder
	done := 0
	eachRun(text, least, func(from, to int, letters string) bool {
		if secret(letters) && (spared == nil || !spared(text[from:to])) {
			out.WriteString(text[done:from])
			out.WriteString(hiddenWord)
			done = to
		}
		return true
	})
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// eachRun calls fn with each run of at least so many letters and digits: where
// it stands, and the letters without the invisible characters between them,
// until fn returns false.
func eachRun(text string, least int, fn func(from, to int, letters string) bool) {
	from, to, n := 0, 0, 0
	for i, c := range text {
		switch {
		case c < utf8.RuneSelf && strange[byte(c)] == 0:
			if n == 0 {
				from = i
			}
			n, to = n+1, i+1
		case unicode.Is(unicode.Cf, c): // takes no room: nobody sees it
		default:
			if n >= least && !fn(from, to, lettersOf(text[from:to], n)) {
				return
			}
			n = 0
		}
	}
	if n >= least {
		fn(from, to, lettersOf(text[from:to], n))
	}
}

// lettersOf returns the n letters of a run.
func lettersOf(run string, n int) string {
	if len(run) == n {
		return run
	}
	return strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf {
			return c
		}
		return -1
	}, run)
}

// holdsHalf reports whether a half may begin anywhere in letters.
func holdsHalf(letters string) bool {
	for at := 0; at+tailLength <= len(letters); at++ {
		if mayBeHalf(letters[at : at+tailLength]) {
			return true
		}
	}
	return false
}

// mayBeHalf judges 44 letters and digits. That small or capital letters are
// missing by chance happens once in a thousand million secrets.
func mayBeHalf(letters string) bool {
	number := uint64(0)
	for _, c := range []byte(letters[tailLength-checkLength:]) {
		number = number*uint64(len(alphabet)) + uint64(strings.IndexByte(alphabet, c))
	}
	if number > math.MaxUint32 {
		return false
	}
	upper, lower, _ := kinds(letters)
	return upper && lower
}

// kinds reports which kinds of characters stand among letters and digits.
func kinds(letters string) (upper, lower, digit bool) {
	for _, c := range []byte(letters) {
		switch {
		case c >= 'a':
			lower = true
		case c >= 'A':
			upper = true
		default:
			digit = true
		}
	}
	return upper, lower, digit
}
