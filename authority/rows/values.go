package rows

import (
	"math"
	"time"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// Version stands at the beginning of each payload.
const Version = 1

func packToken(p *Packer, t StoredToken) {
	p.Number(Version)
	p.Number(t.Stamp)
	p.Text(string(t.ID))
	p.Text(t.Name)
	p.Text(t.Note)
	p.Number(uint64(t.Permissions))
	p.Text(string(t.FilterID))
	p.Number(uint64(t.ExpireAt))
	p.Number(uint64(t.CreatedAt))
	p.Number(uint64(t.IssuedAt))
	p.Text(string(t.CreatedBy))
	p.Number(uint64(t.Maker))
	p.Raw(t.Digest[:])
	p.Number(uint64(t.DigestKey))
	p.Text(string(t.ReplacedBy))
	p.Text(string(t.Replaces))
	p.Number(uint64(t.ToldDays))
	packRunning(p, t.HiddenAfter)
	p.Text(t.CreateRequest)
	p.Text(t.RotateRequest)
	p.Text(string(t.RotatedBy))
	p.Text(t.RotatedByName)
}

func unpackToken(u *Unpacker, key []byte) StoredToken {
	number, inGrace, ok := ParseTokenKey(key)
	t := unpackTokenOf(u, number)
	if !ok || t.InGrace() != inGrace {
		u.fail()
	}
	return t
}

// unpackTokenOf unpacks the token with a number, which is not in what it was packed to.
func unpackTokenOf(u *Unpacker, number token.Number) StoredToken {
	u.Expect(Version)
	t := StoredToken{Stamp: u.Number()}
	t.Token = token.Token{
		Number:      number,
		ID:          token.ID(u.Text()),
		Name:        u.Text(),
		Note:        u.Text(),
		Permissions: permission.Set(u.Number()),
		FilterID:    ipfilter.ID(u.Text()),
		ExpireAt:    epoch.Millis(u.Number()),
		CreatedAt:   epoch.Millis(u.Number()),
		IssuedAt:    epoch.Millis(u.Number()),
		CreatedBy:   token.ID(u.Text()),
		Maker:       token.Number(u.Number()),
		Digest:      unpackDigest(u),
		DigestKey:   unpackKeyID(u),
		ReplacedBy:  token.ID(u.Text()),
		Replaces:    token.ID(u.Text()),
		ToldDays:    unpackDays(u),
		HiddenAfter: unpackRunning(u),

		CreateRequest: unpackRequest(u),
		RotateRequest: unpackRequest(u),

		RotatedBy:     token.ID(u.Text()),
		RotatedByName: u.Text(),
	}
	return t
}

func unpackDays(u *Unpacker) uint8 {
	n := u.Number()
	if n > math.MaxUint8 {
		u.fail()
		return 0
	}
	return uint8(n)
}

// packRunning packs for how long the server had run, rounded up to milliseconds.
func packRunning(p *Packer, d time.Duration) {
	p.Number(uint64((d + time.Millisecond - 1) / time.Millisecond))
}

func unpackRunning(u *Unpacker) time.Duration {
	n := u.Number()
	if n > uint64(math.MaxInt64/time.Millisecond) {
		u.fail()
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

func unpackDigest(u *Unpacker) token.Digest {
	var d token.Digest
	copy(d[:], u.Raw(uint64(len(d))))
	return d
}

func unpackKeyID(u *Unpacker) token.KeyID {
	n := u.Number()
	if n > math.MaxUint32 {
		u.fail()
	}
	return token.KeyID(n)
}

func packUse(p *Packer, v Use) {
	p.Number(Version)
	packMoment(p, v)
}

func unpackUse(u *Unpacker, key []byte) Use {
	if _, _, ok := ParseTokenKey(key); !ok {
		u.fail()
	}
	u.Expect(Version)
	return unpackMoment(u)
}

func packFilter(p *Packer, f ipfilter.Filter) {
	p.Number(Version)
	p.Text(f.Name)
	p.Text(f.Text)
	p.Text(f.Request)
}

func unpackFilter(u *Unpacker, key []byte) ipfilter.Filter {
	u.Expect(Version)
	return ipfilter.Filter{ID: ipfilter.ID(key), Name: u.Text(), Text: u.Text(), Request: unpackRequest(u)}
}

func packNumber(p *Packer, n uint64) {
	p.Number(Version)
	p.Number(n)
}

func unpackNumber(u *Unpacker, _ []byte) uint64 {
	u.Expect(Version)
	return u.Number()
}

func packRoot(p *Packer, r Root) {
	p.Number(Version)
	p.Raw(r.Digest[:])
	p.Number(uint64(r.Key))
	p.Number(uint64(r.Since))
}

func unpackRoot(u *Unpacker, _ []byte) Root {
	u.Expect(Version)
	return Root{unpackDigest(u), unpackKeyID(u), epoch.Millis(u.Number())}
}
