package index

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"tokenscale/epoch"
	"tokenscale/token"
)

// lastUse is when and from where a token was last used. Verification writes
// it on every request without a lock.
type lastUse struct {
	latest atomic.Pointer[useFrom]
	dirty  atomic.Bool // it is in the useList already
}

// useFrom is the last use from one address. Time and address stay together:
// whoever comes from another address gets one of its own.
type useFrom struct {
	addr netip.Addr
	at   atomic.Int64
}

// A Use is a token's last use.
type Use struct {
	ID   token.ID
	At   epoch.Millis
	From netip.Addr
}

// A useList remembers which tokens were used since it was last taken, so that
// nobody has to walk all tokens to find them.
type useList struct {
	mu   sync.Mutex
	list []*Entry
}

func (l *useList) touch(e *Entry, now epoch.Millis, from netip.Addr) {
	e.lastUse().note(now, from)
	l.add(e)
}

// add puts a token on the list, if it is not there already.
func (l *useList) add(e *Entry) {
	if e.lastUse().dirty.CompareAndSwap(false, true) {
		l.mu.Lock()
		l.list = append(l.list, e)
		l.mu.Unlock()
	}
}

func (e *Entry) lastUse() *lastUse {
	if u := e.use.Load(); u != nil {
		return u
	}
	e.use.CompareAndSwap(nil, new(lastUse))
	return e.use.Load()
}

// note notes a use, unless a later one is known: requests may overtake each
// other. While the address stays the same it allocates nothing.
func (u *lastUse) note(now epoch.Millis, from netip.Addr) {
	for {
		last := u.latest.Load()
		if last != nil && last.addr == from {
			last.raise(now)
			if u.latest.Load() == last {
				return
			}
			continue // one from elsewhere came between; the later of the two counts
		}
		if last != nil && last.at.Load() > int64(now) {
			return
		}
		next := &useFrom{addr: from}
		next.at.Store(int64(now))
		if u.latest.CompareAndSwap(last, next) {
			return
		}
	}
}

// raise sets the moment, but never back.
func (f *useFrom) raise(now epoch.Millis) {
	for {
		at := f.at.Load()
		if at >= int64(now) || f.at.CompareAndSwap(at, int64(now)) {
			return
		}
	}
}

// LastUse returns when and from where the token was last used, or zeros.
func (e *Entry) LastUse() Use {
	use := Use{ID: e.ID()}
	if u := e.use.Load(); u != nil {
		if last := u.latest.Load(); last != nil {
			use.At, use.From = epoch.Millis(last.at.Load()), last.addr
		}
	}
	return use
}

// PutBackUsed makes the next TakeUsed return these tokens again, as they are
// then, because they could not be written.
func (x *Index) PutBackUsed(uses []Use) {
	for _, use := range uses {
		if e, ok := x.Find(use.ID); ok {
			x.used.add(e)
		}
	}
}

// TakeUsed returns the tokens used since the last call.
func (x *Index) TakeUsed() []Use {
	x.used.mu.Lock()
	list := x.used.list
	x.used.list = nil
	x.used.mu.Unlock()
	uses := make([]Use, len(list))
	for i, e := range list {
		e.use.Load().dirty.Store(false) // before reading: a use from now on is in the next list
		uses[i] = e.LastUse()
	}
	return uses
}
