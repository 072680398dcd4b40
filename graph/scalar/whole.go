package scalar

import (
	"strconv"
	"strings"
)

// Whole returns the whole number that a number of JSON or GraphQL stands for,
// and whether it is one of 64 bits: 1.9E12 and 5.0 are, 5.5 and 1e400 are not.
// It reckons with the digits as they stand, since a float64 has too few of them
// for a Long, and works as long as the text is, however large the exponent.
func Whole(number string) (int64, bool) {
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && number[0] != '+' {
		return n, true // as nearly all are written
	}
	mantissa, exponent, ok := splitExponent(number)
	if !ok {
		return 0, false
	}
	unsigned := strings.TrimPrefix(mantissa, "-")
	whole, fraction, dotted := strings.Cut(unsigned, ".")
	if !digits(whole) || dotted && !digits(fraction) {
		return 0, false
	}
	all := strings.TrimLeft(whole+fraction, "0")
	zeros := exponent - len(fraction) // behind all, or missing there
	kept := strings.TrimRight(all, "0")
	switch zeros += len(all) - len(kept); {
	case kept == "":
		return 0, true // whatever its exponent
	case zeros < 0 || len(kept)+zeros > mostDigits:
		return 0, false
	}
	n, err := strconv.ParseInt(mantissa[:len(mantissa)-len(unsigned)]+kept+strings.Repeat("0", zeros), 10, 64)
	return n, err == nil
}

// mostDigits is how many digits a number of 64 bits has at most.
const mostDigits = 19

// splitExponent takes the exponent off a number. One that is further from zero
// than any text of a request could make up for by its digits is cut to far.
func splitExponent(number string) (mantissa string, exponent int, ok bool) {
	at := strings.IndexAny(number, "eE")
	if at < 0 {
		return number, 0, true
	}
	mantissa, text := number[:at], strings.TrimPrefix(number[at+1:], "+")
	unsigned := strings.TrimPrefix(text, "-")
	if !digits(unsigned) || len(number[at+1:])-len(unsigned) > 1 {
		return "", 0, false
	}
	const far = 1 << 30
	n, err := strconv.Atoi(unsigned)
	if err != nil || n > far {
		n = far
	}
	if unsigned != text {
		n = -n
	}
	return mantissa, n, true
}

// digits reports whether s is digits and nothing else.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
