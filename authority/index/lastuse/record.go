// Package lastuse notes when and from where a token was last used: on every request, from many
// goroutines, without a lock and without allocating, also while the record is being moved to
// another place in memory.
package lastuse

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync/atomic"

	"tokenscale/epoch"
)

// A Record is when and from where a token was last used. The zero Record was never. Its methods
// are safe for concurrent use, except Put, which is for a Record that nobody else knows.
//
// Time and address are always those of one request. Addresses are kept without zone, and those of
// IPv4 as such.
//
// A Record can be moved: whoever moves it makes a Copy, lets others find that, and then has the
// record HandOver what it got meanwhile. Nothing is lost.
type Record struct {
	word   atomic.Uint64 // at << 8 | sequence | moved | busy | dirty
	hi, lo atomic.Uint64 // the address as IPv6
}

const (
	dirty = 1 // not taken yet
	busy  = 2 // somebody is writing the address
	moved = 4 // there is a copy that counts
	step  = 8 // of the sequence, which tells a reader that the address has changed

	sequence = 0xff &^ 7
)

// A Version is what a Record held at one moment.
type Version struct{ word, hi, lo uint64 }

// At returns when the token was last used, or zero.
func (v Version) At() epoch.Millis { return epoch.Millis(v.word >> 8) }

// From returns from where the token was last used. It is not valid if that is not known.
func (v Version) From() netip.Addr {
	if v.hi|v.lo == 0 {
		return netip.Addr{}
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], v.hi)
	binary.BigEndian.PutUint64(b[8:], v.lo)
	return netip.AddrFrom16(b).Unmap()
}

// Note notes a use, unless a later one is known: requests may overtake each other, and then neither
// the time nor the address goes back. It reports false, and has done nothing, if r was moved.
func (r *Record) Note(at epoch.Millis, from netip.Addr) bool {
	hi, lo := halves(from)
	return r.note(at, hi, lo, dirty)
}

// Learn takes over a use that is in the store, if it is later than what is known: then there is
// nothing to take. It reports false, and has done nothing, if r was moved.
func (r *Record) Learn(at epoch.Millis, from netip.Addr) bool {
	hi, lo := halves(from)
	return r.note(at, hi, lo, 0)
}

func halves(from netip.Addr) (hi, lo uint64) {
	if !from.IsValid() {
		return 0, 0
	}
	b := from.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// note notes a use, which is dirty or not.
func (r *Record) note(at epoch.Millis, hi, lo, is uint64) bool {
	for {
		w := r.word.Load()
		switch {
		case w&moved != 0:
			return false
		case w&busy != 0:
			runtime.Gosched() // perhaps with an older use, which cannot stand for this one
		case uint64(at) < w>>8 || uint64(at) == w>>8 && is == 0:
			return true
		case r.hi.Load() == hi && r.lo.Load() == lo:
			next := uint64(at)<<8 | w&0xff&^dirty | is
			if next == w || r.word.CompareAndSwap(w, next) {
				return true
			}
		case r.word.CompareAndSwap(w, w|busy):
			r.hi.Store(hi)
			r.lo.Store(lo)
			r.word.Store(uint64(at)<<8 | (w+step)&sequence | is)
			return true
		}
	}
}

// At returns when the token was last used, or zero.
func (r *Record) At() epoch.Millis { return epoch.Millis(r.word.Load() >> 8) }

// Prefetch has the processor fetch r.
func (r *Record) Prefetch() {
	r.word.Load()
	r.lo.Load()
}

// Get returns what r holds. The sequence has 32 values, and somebody who was away between two of
// these loads may come back after just so many changes of one millisecond; so he looks twice.
func (r *Record) Get() Version {
	for {
		v := Version{r.word.Load(), r.hi.Load(), r.lo.Load()}
		if v.word&busy == 0 && r.hi.Load() == v.hi && r.lo.Load() == v.lo && r.word.Load() == v.word {
			return v
		}
		runtime.Gosched()
	}
}

// Put makes r hold what another one held.
func (r *Record) Put(v Version) {
	r.word.Store(v.word)
	r.hi.Store(v.hi)
	r.lo.Store(v.lo)
}

// HandOver brings to a copy of r, that others find by now, what r got since it was copied. From
// then on Note refers to the copy.
func (r *Record) HandOver(to *Record, copied Version) {
	for {
		v := r.Get()
		if !r.word.CompareAndSwap(v.word, v.word|moved) {
			continue
		}
		if v != copied {
			to.note(v.At(), v.hi, v.lo, v.word&dirty)
		}
		return
	}
}

// Take returns what r holds, and whether it has been noted since the last Take.
func (r *Record) Take() (Version, bool) {
	if r.word.Load()&dirty == 0 {
		return Version{}, false
	}
	r.word.And(^uint64(dirty)) // before reading: a use from now on is taken next time
	return r.Get(), true
}

// TakeAgain makes the next Take return what r holds. It reports false if r was moved.
func (r *Record) TakeAgain() bool { return r.word.Or(dirty)&moved == 0 }
