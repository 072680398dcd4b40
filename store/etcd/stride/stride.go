// Package stride tells where rows are likely to end that lie as close as those before them.
package stride

import "encoding/binary"

// Next returns a key that is as far behind last as last is behind first, as numbers of eight bytes
// are, or nothing if there is none. It is behind last and all keys that begin with last. As far as
// can be it begins as they do; where they end in \xff, it has to carry.
func Next(first, last string) string {
	same := 0
	for same < len(first) && first[same] == last[same] {
		same++
	}
	for ; same >= 0; same-- {
		a, b := number(first[same:]), number(last[same:])
		if c := b + (b - a); c > b {
			return last[:same] + string(binary.BigEndian.AppendUint64(nil, c))
		}
	}
	return ""
}

// number returns how a key begins, as a number.
func number(key string) uint64 {
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}
