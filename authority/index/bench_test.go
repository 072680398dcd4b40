package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"tokenscale/authority/index"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/token"
)

// million makes a million tokens as machines make them: names with long
// beginnings in common, most with an expiry, some without.
var million = sync.OnceValue(func() []token.Token {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"ingest", "backup", "Nurse", "deploy", "prod", "staging", "health", "Operator", "cluster", "billing"}
	tokens := make([]token.Token, 1_000_000)
	for i := range tokens {
		tokens[i] = token.Token{
			Number:      token.Number(i + 1),
			ID:          token.ID(fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())),
			Name:        fmt.Sprintf("%s-%s-%07d", words[r.IntN(10)], words[r.IntN(10)], r.IntN(10_000_000)),
			Permissions: permission.Of(permission.Permission(r.IntN(16))),
			CreatedAt:   1_790_000_000_000 + epoch.Millis(i), IssuedAt: 1_790_000_000_000 + epoch.Millis(i), CreatedBy: token.Root,
		}
		if i%3 > 0 {
			tokens[i].ExpireAt = epoch.Millis(1_800_000_000_000 + r.Int64N(1e10))
		}
	}
	return tokens
})

var loaded = sync.OnceValue(func() *index.Index {
	x := index.New()
	load(x, million())
	return x
})

func load(x *index.Index, tokens []token.Token) {
	l := x.Loader()
	for part := range slices.Chunk(tokens, 4096) {
		l.Add(part)
	}
	x.Load(l)
}

func BenchmarkLoadAMillion(b *testing.B) {
	tokens := million()
	for b.Loop() {
		load(index.New(), tokens)
	}
}

func BenchmarkPageOfAMillion(b *testing.B) {
	x := loaded()
	for name, q := range map[string]token.Query{
		"first":                 {Limit: 50},
		"far":                   {Skip: 700_000, Limit: 50},
		"search few":            {Search: "nurse-12345", Limit: 50},
		"search 1 %":            {Search: "prod-nurse", Limit: 50},
		"search most":           {Search: "e", Limit: 50},
		"search few in notes":   {Search: "nurse-12345", SearchNotes: true, Limit: 50},
		"search most in notes":  {Search: "e", SearchNotes: true, Limit: 50},
		"search by expiry":      {Search: "1234", Order: token.ByExpiry, Limit: 50},
		"search most by expiry": {Search: "e", Order: token.ByExpiry, Limit: 50},
		"all by creation":       {Order: token.ByCreation, Limit: 50},
		"all by last use":       {Order: token.ByLastUse, Limit: 50},
		"of two permissions":    {Permissions: []permission.Permission{3, 7}, Limit: 50},
		"soon expiring":         {ExpiresBefore: 1_801_000_000_000, Order: token.ByExpiry, Limit: 50},
		"unused":                {UnusedSince: 1_790_000_500_000, Order: token.ByLastUse, Limit: 50},
		"active":                {States: []token.State{token.Active}, Limit: 50},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.Page(q, 1_795_000_000_000)
			}
		})
	}
}

// One in ten tokens has a note, which is more than names would be read for.
func BenchmarkSearchInNotesOfAMillion(b *testing.B) {
	tokens := slices.Clone(million())
	for i := 0; i < len(tokens); i += 10 {
		tokens[i].Note = fmt.Sprintf("For the ward on floor %d; call the Operators of building %d.", i%7, i%13)
	}
	x := index.New()
	load(x, tokens)
	for name, q := range map[string]token.Query{
		"few":  {Search: "nurse-12345", SearchNotes: true, Limit: 50},
		"many": {Search: "building 7", SearchNotes: true, Limit: 50},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.Page(q, 1_795_000_000_000)
			}
		})
	}
}

// All that expire do so within the window, as in a fleet of young tokens.
func BenchmarkEndingOfAMillion(b *testing.B) {
	x := loaded()
	for b.Loop() {
		n := 0
		for e := range x.Ending(1_799_999_999_999, 1_810_000_000_001) {
			if e.Token().ReplacedBy == "" {
				n++
			}
		}
		if n < 600_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkPutIntoAMillion(b *testing.B) {
	x, tokens := loaded(), million()
	for i := 0; b.Loop(); i++ {
		t := tokens[i%len(tokens)]
		t.ExpireAt = epoch.Millis(1_800_000_000_000 + time.Duration(i))
		x.Update(func(w *index.Batch) { w.Put(t) })
	}
}
