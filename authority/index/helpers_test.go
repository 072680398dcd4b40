package index

import (
	"fmt"
	"net/netip"
	"strconv"

	"tokenscale/epoch"
	"tokenscale/token"
)

// named makes a token of which only the name, the id and the expiry matter.
func tokenOf(n int, name string, expireAt epoch.Millis) token.Token {
	return token.Token{Number: numberOf(idOf(n)), ID: idOf(n), Name: name, ExpireAt: expireAt}
}

// idOf returns an id as long as any token's.
func idOf(n int) token.ID { return token.ID(fmt.Sprintf("%032d", n)) }

// numberOf returns the number of the token that has an id of idOf.
func numberOf(id token.ID) token.Number {
	n, err := strconv.ParseUint(string(id), 10, 64)
	if err != nil {
		panic(err)
	}
	return token.Number(n + 1)
}

func put(x *Index, tokens ...token.Token) {
	x.Update(func(b *Batch) {
		for _, t := range tokens {
			b.Put(t)
		}
	})
}

func drop(x *Index, ids ...token.ID) {
	x.Update(func(b *Batch) {
		for _, id := range ids {
			b.DropRow(numberOf(id), false)
			b.DropRow(numberOf(id), true)
		}
	})
}

func idsOf(entries []Entry) []token.ID {
	ids := make([]token.ID, len(entries))
	for i, e := range entries {
		ids[i] = e.ID()
	}
	return ids
}

// fatal is a test of package testing or rapid.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

func find(t fatal, x *Index, id token.ID) Entry {
	t.Helper()
	e, ok := x.Find(id)
	if !ok {
		t.Fatalf("%s is not there", id)
	}
	return e
}

var home = netip.MustParseAddr("192.0.2.1")

// load fills x with tokens, added in two parts.
func load(x *Index, tokens []token.Token) {
	l := x.Loader()
	half := len(tokens) / 2
	l.Add(tokens[:half])
	l.Add(tokens[half:])
	x.Load(l)
}
