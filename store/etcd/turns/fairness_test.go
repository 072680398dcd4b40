package turns

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What follows plays nodes that always have something to commit, on a clock of its own: each sends
// its commit to etcd when its Ring says so, etcd takes one that knows the newest revision, and one
// that does not has to hear of it by the watch before it tries again. Nothing is left to the
// machine that runs the test.

// A span is how long something takes: some time between two.
type span struct{ from, to time.Duration }

func (s span) draw(by *rand.Rand) time.Duration {
	return s.from + time.Duration(by.Int64N(int64(s.to-s.from)+1))
}

// A race is nodes that write at the same time.
type race struct {
	off   bool   // no turns are taken
	mute  bool   // nobody hears of commits that came too late
	way   []span // from each node to etcd, and back
	makes span   // a batch, until it is sent
	syncs span   // etcd, a commit
	hears span   // a watch, beyond the way

	now      time.Time
	dice     *rand.Rand
	events   events
	players  []*player
	revision int       // of the head
	free     time.Time // when etcd has done what it was sent
	commits  []int     // of each node
	refused  int       // how many commits came too late
}

// A player is one node.
type player struct {
	Ring
	at      int // the revision that its mirror has come to
	needs   int // the revision that it waits for
	waiting int // counts what it waits for, so that what wakes it late wakes it no more
	busy    bool
}

// run returns the share of each node once so many commits were made.
func (r *race) run(seed uint64, commits int) (shares []float64) {
	r.dice, r.now = rand.New(rand.NewPCG(seed, 0)), time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	r.commits = make([]int, len(r.way))
	for i := range r.way {
		r.players = append(r.players, &player{Ring: Ring{Node: fmt.Sprint("node-", i), Off: r.off}})
	}
	for i := range r.players {
		r.in(r.makes.draw(r.dice), func() { r.try(i) })
	}
	for r.revision < commits {
		e := heap.Pop(&r.events).(event)
		r.now = e.at
		e.do()
	}
	for _, n := range r.commits {
		shares = append(shares, float64(n)/float64(r.revision))
	}
	return shares
}

func (r *race) in(d time.Duration, do func()) { heap.Push(&r.events, event{r.now.Add(d), do}) }

// try has a node send a commit if it is its turn, and else try again when it is, or when the head
// has moved.
func (r *race) try(i int) {
	p := r.players[i]
	if p.busy || p.at < p.needs {
		return
	}
	p.waiting++
	if wait := p.Wait(r.now); wait > 0 {
		mine := p.waiting
		r.in(wait, func() {
			if p.waiting == mine {
				r.try(i)
			}
		})
		return
	}
	p.busy = true
	knows, began := p.at, r.now
	makes := r.makes.draw(r.dice)
	r.in(makes+r.way[i].draw(r.dice), func() { r.arrive(i, knows, began.Add(makes)) })
}

// arrive has etcd compare and answer, after all that came before.
func (r *race) arrive(i, knows int, began time.Time) {
	r.free = latest(r.free, r.now).Add(r.syncs.draw(r.dice))
	r.in(r.free.Sub(r.now), func() {
		won := knows == r.revision
		if won {
			r.revision++
			r.commits[i]++
			r.tell(i, r.revision)
		} else {
			r.refused++
			r.tellLate(i)
		}
		head := r.revision
		r.in(r.way[i].draw(r.dice), func() { r.answer(i, won, head, began) })
	})
}

// tell has the watch of each other node tell of a commit.
func (r *race) tell(by, revision int) {
	for j := range r.players {
		if j != by {
			r.in(r.way[j].draw(r.dice)+r.hears.draw(r.dice), func() { r.saw(j, by, revision) })
		}
	}
}

func (r *race) tellLate(by int) {
	for j, p := range r.players {
		if !r.mute {
			r.in(r.way[j].draw(r.dice)+r.hears.draw(r.dice), func() { p.Late(r.players[by].Node, r.now) })
		}
	}
}

func (r *race) saw(i, by, revision int) {
	p := r.players[i]
	if revision > p.at { // a watch never runs back
		p.at = revision
		p.Saw(r.players[by].Node, r.now)
	}
	r.try(i)
}

func (r *race) answer(i int, won bool, head int, began time.Time) {
	p := r.players[i]
	p.busy, p.needs = false, head
	p.Took(r.now.Sub(began))
	if won {
		r.saw(i, i, head)
		return
	}
	r.try(i)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// An event is what happens at a moment.
type event struct {
	at time.Time
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)        { *e = append(*e, v.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// near is a machine beside the leader of etcd, far one in another building.
var near, far = span{50 * time.Microsecond, 150 * time.Microsecond}, span{time.Millisecond, 2 * time.Millisecond}

func nodesOf(off bool, way ...span) *race {
	return &race{
		off: off, way: way, makes: span{100 * time.Microsecond, time.Millisecond},
		syncs: span{500 * time.Microsecond, 3 * time.Millisecond}, hears: span{0, time.Millisecond},
	}
}

// No node makes less than a quarter of the commits, wherever they stand.
func TestNoNodeFallsBelowAQuarter(t *testing.T) {
	for name, way := range map[string][]span{
		"three alike": {far, far, far}, "one near": {near, far, far}, "two near": {near, far, near},
	} {
		for seed := range uint64(20) {
			r := nodesOf(false, way...)
			if shares := r.run(seed, 2000); slices.Min(shares) < 0.25 {
				t.Errorf("%s, seed %d: %.2f, %d came too late", name, seed, shares, r.refused)
			}
		}
	}
}

// Without turns the node that is near makes nearly all.
func TestControl_WithoutTurnsTheNearestMakesNearlyAll(t *testing.T) {
	for seed := range uint64(20) {
		r := nodesOf(true, near, far, far)
		if shares := r.run(seed, 2000); shares[0] < 0.8 || slices.Min(shares) >= 0.25 {
			t.Errorf("seed %d: %.2f, %d came too late", seed, shares, r.refused)
		}
	}
}

// Nor does it help that those take turns who have committed, unless it is known who would.
func TestControl_WhoNeverCommitsIsLeftNoTurn(t *testing.T) {
	for seed := range uint64(5) {
		r := nodesOf(false, near, far, far)
		r.mute = true
		if shares := r.run(seed, 2000); slices.Min(shares) >= 0.25 {
			t.Errorf("seed %d: %.2f, %d came too late", seed, shares, r.refused)
		}
	}
}

// So it is at other distances and speeds too: as a commit waits for a disk and for another member,
// it does not take less than half of the longest way.
func TestNoNodeFallsBelowAQuarter_WhereverItStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string, least, most time.Duration) span {
			from := time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(t, name))
			return span{from, from + time.Duration(rapid.Int64Range(0, int64(from)).Draw(t, name+" spread"))}
		}
		r := &race{
			makes: some("makes", 20*time.Microsecond, 2*time.Millisecond), syncs: some("syncs", time.Millisecond, 5*time.Millisecond),
			hears: some("hears", 20*time.Microsecond, time.Millisecond),
		}
		for i := range 3 {
			r.way = append(r.way, some(fmt.Sprint("way ", i), 20*time.Microsecond, time.Millisecond))
		}
		shares := r.run(rapid.Uint64().Draw(t, "seed"), 1000)
		if slices.Min(shares) < 0.25 {
			t.Fatalf("%.2f, %d came too late", shares, r.refused)
		}
	})
}
