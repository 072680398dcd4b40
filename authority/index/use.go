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
	at    atomic.Int64
	from  atomic.Pointer[netip.Addr]
	dirty atomic.Bool // it is in the useList already
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
	u := e.lastUse()
	if old := u.from.Load(); old == nil || *old != from {
		kept := from // a variable of its own, so that only a new address allocates
		u.from.Store(&kept)
	}
	u.raise(now)
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

// raise sets the moment, but never back: requests may overtake each other.
func (u *lastUse) raise(now epoch.Millis) {
	for {
		at := u.at.Load()
		if at >= int64(now) || u.at.CompareAndSwap(at, int64(now)) {
			return
		}
	}
}

// LastUse returns when and from where the token was last used, or zeros.
func (e *Entry) LastUse() Use {
	u := e.use.Load()
	if u == nil {
		return Use{ID: e.ID()}
	}
	use := Use{ID: e.ID(), At: epoch.Millis(u.at.Load())}
	if from := u.from.Load(); from != nil {
		use.From = *from
	}
	return use
}

// Remember sets the last use of a token from the store, at start.
func (x *Index) Remember(use Use) {
	if e, ok := x.Find(use.ID); ok {
		u := e.lastUse()
		from := use.From // a variable of its own, or all of use would be kept
		u.from.Store(&from)
		u.raise(use.At)
	}
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
