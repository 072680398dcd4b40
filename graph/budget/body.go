package budget

import (
	"errors"
	"io"
)

const (
	// whileRead is how much memory a request takes while it is read, for each of
	// its bytes: the body, its members, and the text of them.
	whileRead = 3

	// perValue is how much a value of JSON takes beside that, in bytes: one in
	// an object of its own takes most, of two bytes or three in the body.
	perValue = 160

	// MaxValues is how many values a request may hold. The longest list that
	// anybody means names a thousand tokens.
	MaxValues = 10_000
)

// ErrTooManyValues says that a request holds more than MaxValues values.
var ErrTooManyValues = errors.New("the request holds more than 10,000 values")

// A meteredBody takes of the budget what a long body needs, as it comes: who
// sends many and does not end them would fill the memory like one who does not
// read.
type meteredBody struct {
	io.ReadCloser
	meter *Meter
	n     int64
}

// Body returns a body that takes of the budget what it needs while it is read. Reading it returns
// ErrNoRoom when there is no room for more.
func (m *Meter) Body(body io.ReadCloser) io.ReadCloser {
	return &meteredBody{ReadCloser: body, meter: m}
}

// Read implements io.Reader.
func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.n += int64(n); b.n > unmetered && !b.meter.Hold(whileRead*b.n) {
		return n, ErrNoRoom
	}
	return n, err
}

// TakeApart takes of the budget what the values of a text of JSON need beside
// the text, before anything is made of them, or returns ErrTooManyValues or
// ErrNoRoom. A short text of many small values takes fifty times its length. A
// nil Meter only counts the values.
func (m *Meter) TakeApart(text []byte) error {
	n := values(text)
	if n > MaxValues {
		return ErrTooManyValues
	}
	if need := int64(whileRead*len(text) + perValue*n); m != nil && need > whileRead*unmetered && !m.Hold(need) {
		return ErrNoRoom
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
