package rows

import (
	"encoding/binary"
	"net/netip"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A Tombstone is what is kept of a token that has ended, for a while. Its ReplacedBy names the
// successor of one that was rotated.
type Tombstone struct {
	token.Token
	End
	Used  Use // when it was last accepted, as far as that was written down
	Tried Use // when somebody last showed its string since it ended
}

// An End is when a token ended, or was found to have, why, and by whom.
type End struct {
	At     epoch.Millis
	Why    token.EndReason
	By     token.ID // empty if by the server itself
	ByName string   // that By had

	// MaxAgeMs is the maximum that a change of the policies has set, if that has ended it; 0 if it
	// allowed no token at all.
	MaxAgeMs int64
}

// EndByPolicy returns the end of a token that a tightening has deleted.
func EndByPolicy(t policy.Tightening) End {
	end := End{At: t.At, Why: token.EndByPolicy, By: t.By, ByName: t.ByName}
	if t.Rule.Enabled {
		end.MaxAgeMs = t.Rule.MaxAgeMs
	}
	return end
}

// Ended returns the end of s as it was: what expired, by itself or when its grace period was over,
// ended then, and not when the server noticed, from which on it is kept.
func (s Tombstone) Ended() End {
	end := s.End
	if (end.Why == token.EndExpired || end.Why == token.EndRotated) && s.Expired(end.At) {
		end.At = s.ExpireAt
	}
	return end
}

// TombstoneKey is the key of the row of a Tombstone: those that ended first come first.
func TombstoneKey(ended epoch.Millis, id token.ID) string {
	return string(append(binary.BigEndian.AppendUint64(nil, uint64(ended)), id...))
}

// Key returns the key of the row of s.
func (s Tombstone) Key() string { return TombstoneKey(s.At, s.ID) }

// ParseTombstoneKey returns what TombstoneKey was made of.
func ParseTombstoneKey(key []byte) (ended epoch.Millis, id token.ID, ok bool) {
	if len(key) <= 8 {
		return 0, "", false
	}
	return epoch.Millis(binary.BigEndian.Uint64(key)), token.ID(key[8:]), true
}

// Entomb keeps what there is to know of v, which ends. Its last use is read from its row, so that
// must be there still; used is one that may not have been written yet, and wins if it is later.
func (p Present) Entomb(w store.Writer, v token.Token, end End, used Use) error {
	stored, err := p.useOf(w, v)
	if err != nil {
		return err
	}
	if stored.At > used.At {
		used = stored
	}
	v.CreateRequest, v.RotateRequest = "", "" // nobody repeats them for what is gone
	v.RotatedBy, v.RotatedByName = "", ""     // end has them
	s := Tombstone{Token: v, End: end, Used: used}
	return p.Tombstones.Put(w, s.Key(), s)
}

// useOf returns the stored last use of the token that v is or was: that of a current string does
// not move when it gets a successor.
func (p Present) useOf(tx store.Reader, v token.Token) (Use, error) {
	for _, inGrace := range []bool{v.InGrace(), false} {
		s, ok, err := p.Tokens.Get(tx, TokenKey(v.Number, inGrace))
		if err != nil {
			return Use{}, err
		}
		if ok && s.ID == v.ID {
			use, _, err := p.Uses.Get(tx, TokenKey(v.Number, inGrace))
			return use, err
		}
	}
	return Use{}, nil
}

func packTombstone(p *Packer, s Tombstone) {
	p.Number(Version)
	p.Number(uint64(s.Number))
	packToken(p, StoredToken{Token: s.Token})
	p.Number(uint64(s.Why))
	p.Text(string(s.By))
	p.Text(s.ByName)
	p.Number(uint64(s.MaxAgeMs))
	packMoment(p, s.Used)
	packMoment(p, s.Tried)
}

func unpackTombstone(u *Unpacker, key []byte) Tombstone {
	at, id, ok := ParseTombstoneKey(key)
	u.Expect(Version)
	n := token.Number(u.Number())
	s := Tombstone{
		Token: unpackTokenOf(u, n).Token,
		End:   End{At: at, Why: unpackReason(u), By: token.ID(u.Text()), ByName: u.Text(), MaxAgeMs: int64(u.Number())},
		Used:  unpackMoment(u), Tried: unpackMoment(u),
	}
	if !ok || s.ID != id {
		u.fail()
	}
	return s
}

func unpackReason(u *Unpacker) token.EndReason {
	n := u.Number()
	if n == uint64(token.NotEnded) || n > uint64(token.EndByPolicy) {
		u.fail()
		return token.NotEnded
	}
	return token.EndReason(n)
}

func packMoment(p *Packer, v Use) {
	p.Number(uint64(v.At))
	p.Text(string(v.From.AsSlice()))
}

func unpackMoment(u *Unpacker) Use {
	at := epoch.Millis(u.Number())
	raw := u.Text()
	from, ok := netip.AddrFromSlice([]byte(raw))
	if !ok && raw != "" {
		u.fail()
	}
	return Use{at, from}
}
