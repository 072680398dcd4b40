package index

import (
	"net/netip"

	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/token"
)

// A Use is a token's last use. From is without zone, and an IPv4 address is written as one.
type Use struct {
	ID   token.ID
	At   epoch.Millis
	From netip.Addr
}

// Touch notes that the token was used at now from an address, if it is still there. It allocates
// nothing, and waits for nobody.
func (x *Index) Touch(e Entry, now epoch.Millis, from netip.Addr) {
	for ok := true; ok && !e.leaf.use[e.place()].Note(now, from); {
		e, ok = x.Find(e.ID()) // its leaf was copied
	}
}

// LastUse returns when and from where the token was last used, or zeros.
func (e Entry) LastUse() Use {
	v := e.leaf.use[e.place()].Get()
	return Use{e.ID(), v.At(), v.From()}
}

// TakeUsed returns the tokens used since the last call. One that is being changed meanwhile may
// come twice. It walks all tokens, which takes some milliseconds for a million.
func (x *Index) TakeUsed() []Use {
	var uses []Use
	for _, l := range x.now().leaves.all() {
		for i := range uint32(leafSize) {
			if !l.has(i) {
				continue
			}
			if v, ok := l.use[i].Take(); ok {
				uses = append(uses, Use{idIn(&l.keys[i].id), v.At(), v.From()})
			}
		}
	}
	return uses
}

// PutBackUsed makes the next TakeUsed return these tokens again, as they are then, because they
// could not be written.
func (x *Index) PutBackUsed(uses []Use) {
	for _, u := range uses {
		if e, ok := x.Find(u.ID); ok {
			x.takeAgain(e)
		}
	}
}

func (x *Index) takeAgain(e Entry) {
	for ok := true; ok && !e.leaf.use[e.place()].TakeAgain(); {
		e, ok = x.Find(e.ID())
	}
}

// learn takes over the last use of the token with a number from the store.
func (x *Index) learn(n token.Number, inGrace bool, u rows.Use) {
	e, ok := x.At(n, inGrace)
	for ok && !e.leaf.use[e.place()].Learn(u.At, u.From) {
		e, ok = x.At(n, inGrace) // its leaf was copied
	}
}
