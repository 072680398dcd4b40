package index

import (
	"sync/atomic"
	"unique"
	"unsafe"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// An Entry is one token. Apart from its last use it is never changed; a
// changed token has a new Entry.
//
// There may be millions, so it is packed: the id stands in place, and what
// many tokens have in common is kept once for all of them.
type Entry struct {
	id          [maxID]byte
	digest      token.Digest
	name        string
	expireAt    epoch.Millis
	createdAt   epoch.Millis
	issuedAt    epoch.Millis
	permissions permission.Set
	common      unique.Handle[common]
	use         atomic.Pointer[lastUse]
	number      token.Number
	idLength    uint8
	distrusted  bool
	toldDays    uint8
}

// maxID is the longest id an Entry can hold: the length of every token's id.
const maxID = 32

// common is what most tokens share with many others.
type common struct {
	filterID             ipfilter.ID
	createdBy            token.ID
	digestKey            token.KeyID
	replacedBy, replaces token.ID
}

// newEntry returns the entry of t. An id longer than 32 bytes is cut: no
// token has one.
func newEntry(t token.Token) *Entry {
	e := &Entry{
		digest: t.Digest, name: t.Name, expireAt: t.ExpireAt, createdAt: t.CreatedAt, issuedAt: t.IssuedAt, permissions: t.Permissions,
		common: unique.Make(common{t.FilterID, t.CreatedBy, t.DigestKey, t.ReplacedBy, t.Replaces}),
	}
	e.number = t.Number
	e.idLength, e.toldDays = uint8(copy(e.id[:], t.ID)), t.ToldDays
	return e
}

// ID returns the id of the token. It shares the memory of e.
func (e *Entry) ID() token.ID {
	// The bytes never change, and the string keeps e alive.
	return token.ID(unsafe.String(&e.id[0], int(e.idLength)))
}

// Token returns the token. It allocates nothing.
func (e *Entry) Token() token.Token {
	c := e.common.Value()
	return token.Token{
		Number: e.number, ID: e.ID(), Name: e.name, Permissions: e.permissions, FilterID: c.filterID,
		ExpireAt: e.expireAt, CreatedAt: e.createdAt, IssuedAt: e.issuedAt, CreatedBy: c.createdBy,
		Digest: e.digest, DigestKey: c.digestKey, ReplacedBy: c.replacedBy, Replaces: c.replaces, ToldDays: e.toldDays,
	}
}

// slot returns where the row of the token stands.
func (e *Entry) slot() slot { return slot{e.number, e.common.Value().replacedBy != ""} }

// Digest returns the digest of the token's string, and the key it was made
// under.
func (e *Entry) Digest() (token.Digest, token.KeyID) { return e.digest, e.common.Value().digestKey }

// Distrusted reports whether what is stored of the token is not what was
// written, so that nobody may use it.
func (e *Entry) Distrusted() bool { return e.distrusted }

// ExpireAt returns when the token expires, or zero for never.
func (e *Entry) ExpireAt() epoch.Millis { return e.expireAt }

// Name returns the name of the token.
func (e *Entry) Name() string { return e.name }

// FilterID returns the filter that binds the token, or nothing.
func (e *Entry) FilterID() ipfilter.ID { return e.common.Value().filterID }
