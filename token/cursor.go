package token

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"tokenscale/epoch"
)

// A Cursor is a Place as clients are given it: a text that means nothing to them. It holds what
// they have seen of a token, and no secret.
type Cursor string

// A Place is where a token stands in a list, or stood: the list can be continued behind it
// whether or not the token is still there.
type Place struct {
	Order      Order
	Descending bool
	At         epoch.Millis // its expiry, creation, last use, end or last try, as the Order goes by
	Name       string       // not folded; empty if the Order does not go by it
	ID         ID
}

// PlaceOf returns the place of t in a list. If the order goes by what t does not say, its last use,
// its end or its last try, at is that.
func PlaceOf(t Token, at epoch.Millis, order Order, descending bool) Place {
	p := Place{Order: order, Descending: descending, ID: t.ID}
	switch order {
	case ByName:
		p.Name = t.Name
	case ByExpiry:
		p.At, p.Name = t.ExpireAt, t.Name
	case ByCreation:
		p.At = t.CreatedAt
	case ByLastUse, ByEnd, ByLastTry:
		p.At = at
	}
	return p
}

// A cursor is URL-safe base64 without padding of: its version; the order, twice, plus one if it
// descends; the moment as a varint; the length of the id, and the id; the name.
const (
	cursorVersion = 1
	longestName   = 4 * 253 // bytes of a name, of which package policy allows 253 characters

	// LongestCursor is how long a Cursor may be, in bytes.
	LongestCursor = (2+binary.MaxVarintLen64+1+idLength+longestName)*4/3 + 1
)

var cursorCode = base64.RawURLEncoding.Strict()

// Cursor returns p as a text.
func (p Place) Cursor() Cursor {
	form := byte(p.Order) << 1
	if p.Descending {
		form++
	}
	var room [256]byte // for all but the longest
	b := append(room[:0], cursorVersion, form)
	b = binary.AppendUvarint(b, uint64(p.At))
	b = append(b, byte(len(p.ID)))
	b = append(b, p.ID...)
	b = append(b, p.Name...)
	var text [384]byte
	return Cursor(cursorCode.AppendEncode(text[:0], b))
}

// Place returns the place that c stands for, and whether it is a cursor at all. There is one
// cursor for each place.
func (c Cursor) Place() (Place, bool) {
	if len(c) > LongestCursor {
		return Place{}, false
	}
	b, err := cursorCode.DecodeString(string(c))
	if err != nil || len(b) < 2 || b[0] != cursorVersion || b[1]>>1 > byte(ByLastTry) {
		return Place{}, false
	}
	p := Place{Order: Order(b[1] >> 1), Descending: b[1]&1 == 1}
	at, n := binary.Uvarint(b[2:])
	if n <= 0 || at > math.MaxInt64 {
		return Place{}, false
	}
	p.At, b = epoch.Millis(at), b[2+n:]
	if len(b) == 0 || b[0] > idLength || len(b) <= int(b[0]) {
		return Place{}, false
	}
	end := 1 + int(b[0])
	p.ID, p.Name = ID(b[1:end]), string(b[end:])
	return p, p.sound() && p.Cursor() == c
}

// sound reports whether p holds what its order goes by and nothing else.
func (p Place) sound() bool {
	switch p.Order {
	case ByName:
		return p.At == 0 && utf8.ValidString(p.Name)
	case ByExpiry:
		return utf8.ValidString(p.Name)
	default:
		return p.Name == ""
	}
}
