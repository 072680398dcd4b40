package authority

import (
	"math"
	"net/netip"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// The names of the tables. They are stored: add tables, never rename one.
const (
	tokensTable   store.Table = "tokens"
	usesTable     store.Table = "uses"
	filtersTable  store.Table = "filters"
	boundTable    store.Table = "bound"
	settingsTable store.Table = "settings"
	auditTable    store.Table = "audit"
	subjectsTable store.Table = "subjects"
	sessionsTable store.Table = "sessions"

	treeTable        store.Table = "tree"
	checkpointsTable store.Table = "checkpoints"

	idempotencyTable      store.Table = "idempotency"
	idempotencyDueTable   store.Table = "idempotency-due"
	idempotencyCountTable store.Table = "idempotency-count"
)

// Tables returns the tables that a store must be opened with.
func Tables() []store.Table {
	return []store.Table{
		tokensTable, usesTable, filtersTable, boundTable, settingsTable, auditTable, subjectsTable, sessionsTable, treeTable, checkpointsTable,
		idempotencyTable, idempotencyDueTable, idempotencyCountTable,
	}
}

// The keys of the settings table, each with a row of its own kind.
const (
	policiesKey = "policies"
	sweepKey    = "sweep"
	rootKey     = "root"
	keysKey     = "keys"
	exportKey   = "export"
	epochKey    = "epoch"
	clockKey    = "clock"
	heldKey     = "held"
	storeKey    = "store"
)

// records are all tables of the store, as values instead of bytes.
type records struct {
	tokens   table[token.Token]     // by token id
	uses     table[use]             // by token id: when it was last used
	filters  table[ipfilter.Filter] // by filter id
	bound    table[uint64]          // by filter id: how many tokens it binds
	policies table[policy.Policies] // settings: policies
	sweep    table[sweep]           // settings: sweep, while one is under way
	root     table[root]            // settings: root
	ended    table[struct{}]        // by when it would be over, 8 bytes, big-endian, and session id: sessions that were signed out
	mark     table[uint64]          // settings: keys (1), store (its id), export (last audit number written out), epoch (starts so far), clock, held and gapKeys (see clock)
	repeats
	trail
}

// use is when and from where a token was last used.
type use struct {
	at   epoch.Millis
	from netip.Addr
}

// root is what is kept of the root token.
type root struct {
	digest token.Digest
	key    token.KeyID
	since  epoch.Millis
}

func newRecords(keys *Keys) records {
	return records{
		tokens:   table[token.Token]{tokensTable, keys, packToken, unpackToken},
		uses:     table[use]{usesTable, keys, packUse, unpackUse},
		filters:  table[ipfilter.Filter]{filtersTable, keys, packFilter, unpackFilter},
		bound:    table[uint64]{boundTable, keys, packNumber, unpackNumber},
		policies: table[policy.Policies]{settingsTable, keys, packPolicies, unpackPolicies},
		sweep:    table[sweep]{settingsTable, keys, packSweep, unpackSweep},
		root:     table[root]{settingsTable, keys, packRoot, unpackRoot},
		ended:    table[struct{}]{sessionsTable, keys, packNothing, unpackSessionEnd},
		mark:     table[uint64]{settingsTable, keys, packNumber, unpackNumber},
		repeats:  newRepeats(keys),
		trail:    newTrail(keys),
	}
}

const rowVersion = 1

// toldVersion is that of a token's row which tells of what the audit log has
// told. Others have no such field, so that there is one way to write each row.
const toldVersion = 2

func packToken(p *packer, t token.Token) {
	if t.ToldDays == 0 {
		p.number(rowVersion)
	} else {
		p.number(toldVersion)
	}
	p.text(t.Name)
	p.number(uint64(t.Permissions))
	p.text(string(t.FilterID))
	p.number(uint64(t.ExpireAt))
	p.number(uint64(t.CreatedAt))
	p.text(string(t.CreatedBy))
	p.raw(t.Digest[:])
	p.number(uint64(t.DigestKey))
	p.text(string(t.ReplacedBy))
	p.text(string(t.Replaces))
	if t.ToldDays != 0 {
		p.number(uint64(t.ToldDays))
	}
}

func unpackToken(u *unpacker, key []byte) token.Token {
	version := u.number()
	if version != rowVersion && version != toldVersion {
		u.fail()
	}
	t := token.Token{
		ID:          token.ID(key),
		Name:        u.text(),
		Permissions: permission.Set(u.number()),
		FilterID:    ipfilter.ID(u.text()),
		ExpireAt:    epoch.Millis(u.number()),
		CreatedAt:   epoch.Millis(u.number()),
		CreatedBy:   token.ID(u.text()),
		Digest:      unpackDigest(u),
		DigestKey:   unpackKeyID(u),
		ReplacedBy:  token.ID(u.text()),
		Replaces:    token.ID(u.text()),
	}
	if version == toldVersion {
		t.ToldDays = unpackDays(u)
	}
	return t
}

// unpackDays reads a number of days, which is not zero.
func unpackDays(u *unpacker) uint8 {
	n := u.number()
	if n == 0 || n > math.MaxUint8 {
		u.fail()
		return 0
	}
	return uint8(n)
}

func unpackDigest(u *unpacker) token.Digest {
	var d token.Digest
	copy(d[:], u.raw(uint64(len(d))))
	return d
}

func unpackKeyID(u *unpacker) token.KeyID {
	n := u.number()
	if n > math.MaxUint32 {
		u.fail()
	}
	return token.KeyID(n)
}

func packUse(p *packer, v use) {
	p.number(rowVersion)
	p.number(uint64(v.at))
	p.text(string(v.from.AsSlice()))
}

func unpackUse(u *unpacker, _ []byte) use {
	u.expect(rowVersion)
	at := epoch.Millis(u.number())
	raw := u.text()
	from, ok := netip.AddrFromSlice([]byte(raw))
	if !ok && raw != "" {
		u.fail()
	}
	return use{at, from}
}

func packFilter(p *packer, f ipfilter.Filter) {
	p.number(rowVersion)
	p.text(f.Name)
	p.text(f.Text)
}

func unpackFilter(u *unpacker, key []byte) ipfilter.Filter {
	u.expect(rowVersion)
	return ipfilter.Filter{ID: ipfilter.ID(key), Name: u.text(), Text: u.text()}
}

func packNumber(p *packer, n uint64) {
	p.number(rowVersion)
	p.number(n)
}

func unpackNumber(u *unpacker, _ []byte) uint64 {
	u.expect(rowVersion)
	return u.number()
}

func packRoot(p *packer, r root) {
	p.number(rowVersion)
	p.raw(r.digest[:])
	p.number(uint64(r.key))
	p.number(uint64(r.since))
}

func unpackRoot(u *unpacker, _ []byte) root {
	u.expect(rowVersion)
	return root{unpackDigest(u), unpackKeyID(u), epoch.Millis(u.number())}
}

func packSecurity(p *packer, s policy.Security) {
	p.flag(s.Enabled)
	p.number(uint64(s.MaxAgeMs))
	p.text(string(s.FilterID))
	p.flag(s.AllowUpdates)
}

func unpackSecurity(u *unpacker) policy.Security {
	return policy.Security{
		Enabled:      u.flag(),
		MaxAgeMs:     int64(u.number()),
		FilterID:     ipfilter.ID(u.text()),
		AllowUpdates: u.flag(),
	}
}

func packPolicies(p *packer, v policy.Policies) {
	p.number(rowVersion)
	for _, s := range []policy.Security{v.System, v.Organization, v.View, v.Personal} {
		packSecurity(p, s)
	}
}

func unpackPolicies(u *unpacker, _ []byte) policy.Policies {
	u.expect(rowVersion)
	return policy.Policies{System: unpackSecurity(u), Organization: unpackSecurity(u), View: unpackSecurity(u), Personal: unpackSecurity(u)}
}
