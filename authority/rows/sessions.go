package rows

import (
	"encoding/binary"
	"time"

	"tokenscale/epoch"
	"tokenscale/policy"
)

// SessionKey is the key of the row of an ended session: those that are forgotten
// first come first.
func SessionKey(over epoch.Millis, id policy.SessionID) string {
	return string(append(binary.BigEndian.AppendUint64(nil, uint64(over)), id[:]...))
}

// ParseSessionKey returns what SessionKey was made of.
func ParseSessionKey(key []byte) (over epoch.Millis, id policy.SessionID, ok bool) {
	if len(key) != 8+len(id) {
		return 0, id, false
	}
	return epoch.Millis(binary.BigEndian.Uint64(key)), policy.SessionID(key[8:]), true
}

// packSessionEnd packs for how long the server had run when a session was ended.
func packSessionEnd(p *Packer, ran time.Duration) {
	p.Number(Version)
	packRunning(p, ran)
}

func unpackSessionEnd(u *Unpacker, key []byte) time.Duration {
	if _, _, ok := ParseSessionKey(key); !ok {
		u.fail()
	}
	u.Expect(Version)
	return unpackRunning(u)
}
