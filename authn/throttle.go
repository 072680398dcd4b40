package authn

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// How many credentials may be refused to one client: so many at once, and then
// one in each interval.
const (
	refusalsAtOnce  = 100
	refusalInterval = time.Second

	// mostClients is how many clients are remembered. The one that was
	// refused the longest time ago is forgotten first. All together take
	// less than 16 MiB.
	mostClients = 1 << 15
)

// A Throttle tells clients whose credentials are refused again and again to
// slow down. It counts refusals only, and it is asked only about a credential
// that was refused: a good one is always let in, whoever else knocks from the
// same address. So it keeps floods of failures short and quiet, and nobody can
// use it to lock somebody else out. Answers to who fails too often are held
// back, or the flood would take the processor from all others.
//
// A client is an IPv4 address, or an IPv6 network of 64 bits, which is what
// one subscriber has. It is safe for concurrent use. A nil *Throttle lets all
// fail as often as they like.
type Throttle struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration)
	room  int // how many answers may be held back at a time

	mu      sync.Mutex
	clients *simplelru.LRU[netip.Prefix, *knocker]
	held    int
	turn    uint32
}

// A knocker is a client whose credentials were refused.
type knocker struct {
	*rate.Limiter
	held int // answers that are being held back
}

// NewThrottle returns a Throttle that reads the time from now, and holds back as
// many as room answers at a time by sleep, such as Sleep; half of them to one
// client.
func NewThrottle(now func() time.Time, sleep func(context.Context, time.Duration), room int) *Throttle {
	clients, err := simplelru.NewLRU[netip.Prefix, *knocker](mostClients, nil)
	if err != nil { // only a size below 1 is one
		panic(err)
	}
	return &Throttle{now: now, sleep: sleep, room: room, clients: clients}
}

// Refused counts a refusal of the client at from, and returns how long it
// should wait before its next attempt: 0 unless it has failed too often.
func (t *Throttle) Refused(from netip.Addr) time.Duration {
	if t == nil {
		return 0
	}
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.knocker(from)
	if c.AllowN(now, 1) {
		return 0
	}
	missing := 1 - c.TokensAt(now)
	return time.Duration(missing * float64(refusalInterval))
}

// Delay counts a refusal of the client at from. If it has failed too often,
// Delay returns only when its answer is due, or ctx ends, and how long it
// should have waited.
func (t *Throttle) Delay(ctx context.Context, from netip.Addr) time.Duration {
	wait := t.Refused(from)
	if wait > 0 {
		t.Hold(ctx, from, wait)
	}
	return wait
}

// knocker must be called with mu held.
func (t *Throttle) knocker(from netip.Addr) *knocker {
	key := client(from)
	c, ok := t.clients.Get(key)
	if !ok {
		c = &knocker{Limiter: rate.NewLimiter(rate.Every(refusalInterval), refusalsAtOnce)}
		t.clients.Add(key, c)
	}
	return c
}

// Hold returns after wait and up to a second more, or when ctx ends. It is called before the answer to
// a client that has failed too often, so that one that does not slow down is
// slowed down: on one connection it has one attempt in each interval. When
// many answers are being held back already it returns at once: a proxy, whose
// connections all its clients share, must not run out of them.
func (t *Throttle) Hold(ctx context.Context, from netip.Addr, wait time.Duration) {
	if c, more := t.enter(from); c != nil {
		defer t.leave(c)
		t.sleep(ctx, wait+more)
	}
}

// enter returns nil if there is no room, and how much longer to wait. That
// differs much from one to the next, or all answers that were held back would
// be given at one moment, and a thousand clients knock again at the next.
func (t *Throttle) enter(from netip.Addr) (c *knocker, more time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c = t.knocker(from)
	if t.held >= t.room || c.held >= t.room/2 {
		return nil, 0
	}
	t.held++
	c.held++
	t.turn += goldenSection
	return c, time.Duration(uint64(t.turn) * uint64(refusalInterval) >> 32)
}

// goldenSection is that of 2^32: its multiples, modulo 2^32, are spread evenly.
const goldenSection = 0x9E3779B9

func (t *Throttle) leave(c *knocker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held--
	c.held--
}

// Sleep returns after d, or when ctx ends.
func Sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// client returns who is counted together. All that have no address are one.
func client(from netip.Addr) netip.Prefix {
	from = normal(from)
	bits := 64
	if from.Is4() {
		bits = 32
	}
	p, err := from.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
