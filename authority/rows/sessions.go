package rows

import (
	"encoding/binary"

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

func unpackSessionEnd(u *Unpacker, key []byte) struct{} {
	if _, _, ok := ParseSessionKey(key); !ok {
		u.fail()
	}
	return struct{}{}
}
