package index

import (
	"sync/atomic"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// An Entry is one token as it was at one moment: a small value, which never changes apart from the
// token's last use. Whoever holds it holds all tokens of that moment in memory.
type Entry struct {
	picture *picture
	leaf    *leaf
	cell    uint32
}

func (e Entry) place() uint32 { return placeOf(e.cell) }

func (e Entry) meta() *meta { return &e.leaf.meta[e.place()] }

// ID returns the id of the token. Like all texts of an Entry it shares memory that never changes.
func (e Entry) ID() token.ID { return idIn(&e.leaf.keys[e.place()].id) }

// Token returns the token. It allocates nothing.
func (e Entry) Token() token.Token {
	l, m := e.leaf, e.meta()
	t := token.Token{
		Number: token.Number(m.number >> 16), ID: e.ID(), Name: e.Name(), Note: l.notes.At(e.place()), Permissions: m.permissions(), FilterID: e.FilterID(),
		ExpireAt: m.expireAt(), CreatedAt: m.createdAt(), IssuedAt: l.issuedAt(m), CreatedBy: l.id(m.creator), Maker: l.numberOf(m.creator),
		ReplacedBy: l.id(m.replacedBy), Replaces: l.id(m.replaces), ToldDays: uint8(m.created),
	}
	t.Digest, t.DigestKey = e.Digest()
	return t
}

// Bounds returns what decides whether the token may be used, by the policies and filters of the
// same moment.
func (e Entry) Bounds() policy.Bounds {
	m, p := e.meta(), e.picture
	return policy.Bounds{
		Enabled: p.history.System.Enabled, ExpireAt: m.expireAt(), Filtered: m.filter != 0, Rules: p.filters[m.filter].Rules,
	}
}

// Holder writes to by who holds the token, in place of [policy.ActorOf]: neither copies the token
// nor an actor.
func (e Entry) Holder(by *policy.Actor) {
	m := e.meta()
	by.ID, by.Number, by.Name, by.Permissions = e.ID(), token.Number(m.number>>16), e.Name(), m.permissions().Known()
	by.FilterID, by.ExpireAt = e.FilterID(), m.expireAt()
}

// Digest returns the digest of the token's string, and the key it was made under.
func (e Entry) Digest() (token.Digest, token.KeyID) {
	return e.leaf.keys[e.place()].digest, e.picture.digestKeys[e.meta().number&0xffff]
}

// Distrusted reports whether what is stored of the token is not what was written, so that nobody
// may use it.
func (e Entry) Distrusted() bool { return e.meta().has(flagDistrusted) }

// ExpireAt returns when the token expires, or zero for never.
func (e Entry) ExpireAt() epoch.Millis { return e.meta().expireAt() }

// Name returns the name of the token.
func (e Entry) Name() string { return e.leaf.name(e.place()) }

// FilterID returns the filter that binds the token, or nothing.
func (e Entry) FilterID() ipfilter.ID { return e.picture.filters[e.meta().filter].ID }

// Prefetch has the processor fetch all that is needed to judge the token and to note its use. Who
// then computes for long, as for a digest, need not wait for the memory afterwards.
func (e Entry) Prefetch() {
	atomic.LoadUint64(&e.meta().expire)
	atomic.LoadUint32(&e.meta().filter)
	e.leaf.use[e.place()].Prefetch()
}
