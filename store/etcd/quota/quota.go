// Package quota decides what a store in etcd still takes as the members come near to their quota.
//
// When the file of one member has come to it, etcd refuses all that is written, until somebody has
// made room and disarmed its alarm: no token could be revoked. So the store stops long before,
// first with what it can do without and then with all but what takes rights away.
package quota

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/etcd/dial"
)

// When what is full.
const (
	Makes   = 85 // percent of the quota at which only what has store.UseReserve goes on
	revokes = 95 // and at which it must have store.Everywhere as well

	// holes is how much more of the quota the file may take than its data, in percent: etcd fills
	// the holes in it, and gives none of them back before it is defragmented.
	holes = 5

	look = 10 * time.Second // between two looks at the members
	near = time.Second      // the same when one is not far from that
)

// A Gauge knows how full the fullest of the members is. It is safe for concurrent use.
type Gauge struct {
	Members dial.Options
	Timeout time.Duration // for one member
	Off     bool          // whatever etcd has room for is admitted
	Every   time.Duration // between two looks, instead of what is usual; 0 for that

	percent  atomic.Int64
	admitted atomic.Int64 // bytes, from the start on
	asked    int64        // how many there were when the members were last asked
	known    atomic.Int64 // how many of them are in what they last said

	mu              sync.Mutex
	size, used, max int64    // bytes, of that member
	silent          []string // the members that did not answer
	alarms          []string // what the others have alarms of
}

// Keep asks the members how full they are, until ctx ends. It does so over a client of its own,
// because etcd's reads its endpoints without a lock when it asks one of them, and the clients of
// the store change theirs.
func (g *Gauge) Keep(ctx context.Context) {
	client, err := dial.Client(g.Members)
	if err != nil {
		g.say(slices.Clone(g.Members.Endpoints), nil)
		return
	}
	defer client.Close() //nolint:errcheck // there is nothing left to be done
	for ctx.Err() == nil {
		g.measure(ctx, client)
		rest := look
		if g.percent.Load() >= Makes-15 {
			rest = near
		}
		if g.Every != 0 {
			rest = g.Every
		}
		_ = loop.Rest(ctx, rest)
	}
}

// measure asks each member. One that does not answer is as full as it was.
func (g *Gauge) measure(ctx context.Context, client *clientv3.Client) {
	worst, found := int64(0), false
	before := g.admitted.Load()
	var silent, alarms []string
	for _, endpoint := range g.Members.Endpoints {
		ctx, cancel := context.WithTimeout(ctx, g.Timeout)
		s, err := client.Status(ctx, endpoint)
		cancel()
		if err != nil {
			silent = append(silent, endpoint)
			continue
		}
		alarms = append(alarms, alarmsIn(s.Errors)...)
		if s.DbSizeQuota <= 0 {
			continue
		}
		percent := max(s.DbSizeInUse*100/s.DbSizeQuota, s.DbSize*100/s.DbSizeQuota-holes)
		if !found || percent > worst {
			worst, found = percent, true
			g.mu.Lock()
			g.size, g.used, g.max = s.DbSize, percent*s.DbSizeQuota/100, s.DbSizeQuota
			g.mu.Unlock()
		}
	}
	if found {
		g.percent.Store(worst)
		// A member writes its file every tenth of a second, and says what was in it then.
		g.known.Store(g.asked)
		g.asked = before
	}
	g.say(silent, alarms)
}

func (g *Gauge) say(silent, alarms []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.Sort(alarms)
	g.silent, g.alarms = silent, slices.Compact(alarms)
}

// alarmsIn returns the names of the alarms among what a member says is wrong, such as
// "memberID:123 alarm:NOSPACE ".
func alarmsIn(problems []string) (names []string) {
	for _, p := range problems {
		if _, name, ok := strings.Cut(p, "alarm:"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// Silent returns the members that did not answer when they were last asked.
func (g *Gauge) Silent() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.silent)
}

// Alarms returns which alarms etcd had when it was last asked, by name. It takes nothing while it
// has NOSPACE, however much room there is, until somebody disarms it.
func (g *Gauge) Alarms() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.alarms)
}

// A Purpose says of a commit what it was given.
type Purpose struct {
	UseReserve bool // all that changes something in it was given store.UseReserve
	Everywhere bool // something in it was given store.Everywhere
}

// Admits returns an error, which wraps store.ErrFull, if etcd is too full for a commit of so many
// bytes. One that takes rights away is always admitted. What was admitted since counts, twice,
// since so much more than its bytes it may take in the file.
func (g *Gauge) Admits(bytes int, p Purpose) error {
	percent := g.percent.Load() + g.percentOf(bytes+2*int(g.admitted.Load()-g.known.Load()))
	switch {
	case g.Off || percent < Makes, percent < revokes && p.UseReserve, p.UseReserve && p.Everywhere:
		g.admitted.Add(int64(bytes))
		return nil
	}
	return fmt.Errorf("%w: etcd is at %d percent of its quota; compact and defragment it, or raise --quota-backend-bytes", store.ErrFull, percent)
}

func (g *Gauge) percentOf(bytes int) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.max == 0 {
		return 0 // nobody was asked yet
	}
	return int64(bytes) * 100 / g.max
}

// Fill puts how full etcd is into s.
func (g *Gauge) Fill(s *store.Stats) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Size, s.Used, s.MaxSize, s.Reserve = g.size, g.used, g.max, g.max/100*(100-Makes)
}
