package cells

import "math/bits"

// A Room remembers which of many containers have room, and is told when one has or has not. Behind
// the last it was told of is another, which is empty. The zero Room knows of none. It is not safe
// for concurrent use.
type Room struct {
	words []uint64 // a bit for each container
	end   uint32
	first int // words before it are zero
}

// Has reports whether a container is known to have room.
func (r *Room) Has(n uint32) bool { return n < r.end && r.words[n/64]&(1<<(n%64)) != 0 }

// Any returns a container that has room: the first, or else the one behind the last.
func (r *Room) Any() uint32 {
	for ; r.first < len(r.words); r.first++ {
		if word := r.words[r.first]; word != 0 {
			return uint32(r.first*64 + bits.TrailingZeros64(word))
		}
	}
	return r.end
}

// Set notes whether a container has room.
func (r *Room) Set(n uint32, room bool) {
	for r.end = max(r.end, n+1); int(r.end) > 64*len(r.words); {
		r.words = append(r.words, 0)
	}
	r.words[n/64] &^= 1 << (n % 64)
	if room {
		r.words[n/64] |= 1 << (n % 64)
		r.first = min(r.first, int(n/64))
	}
}

// Len returns how many containers there are.
func (r *Room) Len() int { return int(r.end) }
