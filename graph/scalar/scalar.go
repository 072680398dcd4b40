package scalar

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/fault"
	"tokenscale/permission"
)

// MarshalLong writes a whole number of 64 bits.
func MarshalLong(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [20]byte
		w.Write(strconv.AppendInt(buf[:0], n, 10))
	})
}

// UnmarshalLong reads a whole number of 64 bits, or a text of its digits: some
// clients keep numbers as text that a float64 cannot hold. It refuses fractions,
// all other text and what does not fit with Invalid.
func UnmarshalLong(v any) (int64, error) {
	n, ok := whole(v)
	if text, is := v.(string); is {
		n, ok = Digits(text)
	}
	if ok {
		return n, nil
	}
	return 0, fault.New(fault.Invalid, "A Long must be a whole number of 64 bits, or a text of its digits.")
}

// Digits returns the number of 64 bits that a text of digits stands for. A sign,
// a point or a space makes it no such text.
func Digits(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && digits(text)
}

// whole returns the whole number that v is.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case json.Number:
		return Whole(string(v))
	}
	return 0, false
}

// MarshalInt writes a whole number. The largest we count to are numbers of
// tokens, which have 32 bits.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads a whole number of 32 bits. It refuses everything else
// with Invalid.
func UnmarshalInt(v any) (int, error) {
	if n, ok := whole(v); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
		return int(n), nil
	}
	return 0, fault.New(fault.Invalid, "An Int must be a whole number of 32 bits, without quotes.")
}

// MarshalString writes text.
func MarshalString(s string) graphql.Marshaler { return text(s) }

// text is written at once where nothing in it needs an escape, as in most of
// what lists are made of.
type text string

// MarshalGQL implements graphql.Marshaler.
func (t text) MarshalGQL(w io.Writer) {
	b, ok := w.(*bytes.Buffer)
	if !ok || !t.plain() {
		graphql.MarshalString(string(t)).MarshalGQL(w)
		return
	}
	b.WriteByte('"')
	b.WriteString(string(t))
	b.WriteByte('"')
}

func (t text) plain() bool {
	for i := range len(t) {
		if c := t[i]; c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Length returns how many bytes MarshalString writes for s.
func Length(s string) int {
	n := len(s) + len(`""`)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', c == '\t', c == '\n', c == '\r':
			n++
		case c < ' ':
			n += len(`\u0000`) - 1
		}
	}
	return n
}

// UnmarshalString reads text. It refuses everything else with Invalid: a name
// that was sent as a number is a mistake, and ids would lose leading zeros.
func UnmarshalString(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return "", fault.New(fault.Invalid, "A String must be text.")
}

// MarshalSystemPermission writes the API name of p.
func MarshalSystemPermission(p permission.Permission) graphql.Marshaler {
	return text(p.Name())
}

// UnmarshalSystemPermission reads the API name of a permission. It refuses
// any other value with Invalid.
func UnmarshalSystemPermission(v any) (permission.Permission, error) {
	name, _ := v.(string)
	if p, ok := permission.Parse(name); ok {
		return p, nil
	}
	return 0, fault.New(fault.Invalid, "This is not a SystemPermission. Ask __type(name: \"SystemPermission\") { enumValues { name } } for the names.")
}
