package authn

import (
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
// use it to lock somebody else out.
//
// A client is an IPv4 address, or an IPv6 network of 64 bits, which is what
// one subscriber has. It is safe for concurrent use. A nil *Throttle lets all
// fail as often as they like.
type Throttle struct {
	now func() time.Time

	mu      sync.Mutex
	clients *simplelru.LRU[netip.Prefix, *rate.Limiter]
}

// NewThrottle returns a Throttle that reads the time from now.
func NewThrottle(now func() time.Time) *Throttle {
	clients, err := simplelru.NewLRU[netip.Prefix, *rate.Limiter](mostClients, nil)
	if err != nil { // only a size below 1 is one
		panic(err)
	}
	return &Throttle{now: now, clients: clients}
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
	key := client(from)
	bucket, ok := t.clients.Get(key)
	if !ok {
		bucket = rate.NewLimiter(rate.Every(refusalInterval), refusalsAtOnce)
		t.clients.Add(key, bucket)
	}
	if bucket.AllowN(now, 1) {
		return 0
	}
	missing := 1 - bucket.TokensAt(now)
	return time.Duration(missing * float64(refusalInterval))
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
