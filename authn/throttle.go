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
// that was refused: a good one is always let in, whatever else comes from the
// same address. So it keeps floods of failures short and quiet, and nobody can
// use it to lock somebody else out. Answers to a client that fails too often
// are delayed, or the flood would take the processor from all others. Other
// failures than those of credentials can be counted by one that is Allowing
// more.
//
// A client is an IPv4 address, or an IPv6 network of 64 bits, which is what
// one subscriber has. It is safe for concurrent use. A nil *Throttle lets all
// fail as often as they like.
type Throttle struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	atOnce   int
	interval time.Duration
	delayed  chan struct{} // a semaphore: holds one for each answer that is delayed

	mu        sync.Mutex
	offenders *simplelru.LRU[netip.Prefix, *rate.Limiter] // clients that have failed
}

// NewThrottle returns a Throttle that reads the time from now, and delays as
// many as most answers at a time by sleep, such as loop.Rest.
func NewThrottle(now func() time.Time, sleep func(context.Context, time.Duration) error, most int) *Throttle {
	offenders, err := simplelru.NewLRU[netip.Prefix, *rate.Limiter](mostClients, nil)
	if err != nil { // only a size below 1 is one
		panic(err)
	}
	return &Throttle{
		now: now, sleep: sleep, atOnce: refusalsAtOnce, interval: refusalInterval,
		delayed: make(chan struct{}, most), offenders: offenders,
	}
}

// Allowing changes t, which must not be in use yet, to one that answers so many
// refusals of a client at once, and then one in each interval.
func (t *Throttle) Allowing(atOnce int, interval time.Duration) *Throttle {
	t.atOnce, t.interval = atOnce, interval
	return t
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
	c := t.offender(from)
	if c.AllowN(now, 1) {
		return 0
	}
	missing := 1 - c.TokensAt(now)
	return time.Duration(missing * float64(t.interval))
}

// Delay counts a refusal of the client at from, and returns how long it should
// wait before its next attempt. If it has failed too often, Delay returns only
// after an interval, or when ctx ends: so a client that does not slow down is
// slowed down. When many answers are delayed already it returns at once: a
// proxy, whose connections all its clients share, must not run out of them.
func (t *Throttle) Delay(ctx context.Context, from netip.Addr) time.Duration {
	wait := t.Refused(from)
	if wait == 0 {
		return 0
	}
	select {
	case t.delayed <- struct{}{}:
		defer func() { <-t.delayed }()
		_ = t.sleep(ctx, t.interval) // a client that has gone waits no longer
	default:
	}
	return wait
}

// offender must be called with mu held.
func (t *Throttle) offender(from netip.Addr) *rate.Limiter {
	key := client(from)
	c, ok := t.offenders.Get(key)
	if !ok {
		c = rate.NewLimiter(rate.Every(t.interval), t.atOnce)
		t.offenders.Add(key, c)
	}
	return c
}

// client returns the addresses that are counted together. All requests without
// an address are one client.
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
