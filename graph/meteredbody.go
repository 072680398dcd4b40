package graph

import (
	"io"
	"net/http"

	"tokenscale/fault"
)

const (
	// whileRead is how much memory a request takes while it is read, for each of
	// its bytes: the body, its members, and the text of them.
	whileRead = 3

	// perValue is how much a value of JSON takes beside that, in bytes: one in
	// an object of its own takes most, of two bytes or three in the body.
	perValue = 160

	// maxValues is how many values a request may hold. The longest list that
	// anybody means names a thousand tokens.
	maxValues = 10_000
)

// A meteredBody takes of the budget what a long body needs, as it comes: who
// sends many and does not end them would fill the memory like one who does not
// read.
type meteredBody struct {
	io.ReadCloser
	meter *meter
	n     int64
}

// Read implements io.Reader. It returns errStopped when there is no room.
func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.n += int64(n); b.n > unmetered && !b.meter.hold(whileRead*b.n) {
		return n, errStopped
	}
	return n, err
}

var tooManyValues = refusal{http.StatusRequestEntityTooLarge, fault.Invalid, "the request holds more than 10,000 values; send fewer at a time"}

// takeApart takes of the budget what the values of a text of JSON need beside
// the text, before anything is made of them, or says why not. A short text of
// many small values takes fifty times its length. A nil meter counts nothing.
func (m *meter) takeApart(text []byte) *refusal {
	n := values(text)
	if n > maxValues {
		return &tooManyValues
	}
	if need := int64(whileRead*len(text) + perValue*n); m != nil && need > whileRead*unmetered && !m.hold(need) {
		return &crowded
	}
	return nil
}

// values returns how many values a text of JSON has at most, names of members
// among them: one more than there are signs that begin or part some.
func values(text []byte) int {
	n, quoted, escaped := 1, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = c != '"', c == '\\'
		case c == '"':
			quoted = true
		case c == '[' || c == '{' || c == ',' || c == ':':
			n++
		}
	}
	return n
}
