//go:build bench

package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/index"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// A row is one line of the table.
type row struct {
	name            string
	ours, reference string
	against         string // what the reference is
	goal            string
	value           float64 // what the goal speaks of
	met             bool
	detail          string
}

type bench struct {
	settings
	folder           string
	large, small     *house
	ours, few, other *process
}

func (b *bench) prepare() (err error) {
	if b.large, err = build(filepath.Join(b.folder, "large"), b.tokens); err != nil {
		return err
	}
	if b.small, err = build(filepath.Join(b.folder, "small"), 1000); err != nil {
		return err
	}
	calm()
	return nil
}

func (b *bench) stop() {
	for _, p := range []*process{b.ours, b.few, b.other} {
		if p != nil {
			p.stop()
		}
	}
}

// measure takes the figures, those that change the store last.
func (b *bench) measure() ([]row, error) {
	inside, err := b.inProcess()
	if err != nil {
		return nil, err
	}
	calm()
	if b.ours, err = start("server", b.large.folder); err != nil {
		return nil, err
	}
	ready := b.startAndMemory()
	if b.few, err = start("server", b.small.folder); err != nil {
		return nil, err
	}
	// The reference has its own store of a thousand tokens: a list costs it
	// the same, and verification it does not do.
	third, err := build(filepath.Join(b.folder, "reference"), 1000)
	if err != nil {
		return nil, err
	}
	if b.other, err = start("reference", third.folder); err != nil {
		return nil, err
	}
	rows := append(inside, ready...)
	for _, take := range []func() ([]row, error){b.verify, func() ([]row, error) { return b.one(third) }, b.page, b.search, b.create, b.change} {
		more, err := take()
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// inProcess measures verification without HTTP, and the memory of the index.
func (b *bench) inProcess() ([]row, error) {
	db, err := bolt.Open(bolt.Options{Folder: b.large.folder, Tables: authority.Tables(), Now: time.Now})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	keys, err := authority.LoadKeys(filepath.Join(b.large.folder, "keys"))
	if err != nil {
		return nil, err
	}
	before := heap()
	a, err := authority.Open(context.Background(), authority.Options{DB: db, Keys: keys, Now: time.Now, Random: rand.Reader, Log: silent()})
	if err != nil {
		return nil, err
	}
	defer a.Close(context.Background())
	perToken := float64(heap()-before) / float64(b.tokens)
	from := netip.MustParseAddr("127.0.0.1")
	hot := b.times(func(i int) { a.Verify(b.large.secrets[0], from) })
	cold := b.times(func(i int) { a.Verify(b.large.secrets[i*7919%len(b.large.secrets)], from) })
	allocs := allocations(func() { a.Verify(b.large.secrets[0], from) })
	runtime.KeepAlive(a)
	return []row{
		{name: "verify in process, one token", ours: nanos(hot), goal: "≤ 300 ns, 0 allocations", met: hot <= 300 && allocs == 0, value: hot, detail: fmt.Sprintf("%.0f allocations", allocs)},
		{name: "verify in process, " + number(len(b.large.secrets)) + " tokens in turn", ours: nanos(cold), goal: "≤ 2 µs", met: cold <= 2000, value: cold},
		{name: "live heap per token", ours: fmt.Sprintf("%.0f B", perToken), goal: "≤ 260 B", met: perToken <= 260, value: perToken},
	}, nil
}

// times returns the nanoseconds that fn takes, the best of some rounds.
func (b *bench) times(fn func(i int)) float64 {
	const n = 200_000
	best := 0.0
	for range b.rounds {
		began := time.Now()
		for i := range n {
			fn(i)
		}
		if took := float64(time.Since(began)) / n; best == 0 || took < best {
			best = took
		}
	}
	return best
}

func allocations(fn func()) float64 {
	var before, after runtime.MemStats
	const n = 10_000
	runtime.ReadMemStats(&before)
	for range n {
		fn()
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / n)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (b *bench) startAndMemory() []row {
	rss := b.ours.resident()
	return []row{
		{name: "start to ready, " + number(b.tokens) + " tokens", ours: b.ours.ready.Round(time.Millisecond).String(), goal: "≤ 1.5 s", met: b.ours.ready <= 1500*time.Millisecond, value: b.ours.ready.Seconds()},
		{name: "resident memory after start", ours: mib(rss), goal: "≤ 600 MiB", met: rss <= 600<<20, value: float64(rss)},
	}
}

// A contest is two loads that took turns.
type contest struct {
	ours, other       load
	oursCPU, otherCPU time.Duration // for each request
}

// turns measures two requests in turn, and takes the median of each.
func (b *bench) turns(ours, other request, mine, theirs *process, n int) (contest, error) {
	var c contest
	var a, z []load
	var aCPU, zCPU []time.Duration
	for range b.rounds {
		l, cpu, err := b.round(ours, mine, n)
		if err != nil {
			return c, fmt.Errorf("ours: %w", err)
		}
		a, aCPU = append(a, l), append(aCPU, cpu)
		if l, cpu, err = b.round(other, theirs, n); err != nil {
			return c, fmt.Errorf("the reference: %w", err)
		}
		z, zCPU = append(z, l), append(zCPU, cpu)
	}
	return contest{middle(a), middle(z), median(aCPU), median(zCPU)}, nil
}

func (b *bench) round(r request, p *process, n int) (load, time.Duration, error) {
	before := p.cpu()
	l, err := closed(r, n, b.each)
	if err != nil {
		return l, 0, err
	}
	sent := l.rate * b.each.Seconds()
	return l, time.Duration(float64(p.cpu()-before) / sent), nil
}

func middle(loads []load) load {
	slices.SortFunc(loads, func(a, b load) int { return cmp.Compare(a.rate, b.rate) })
	return loads[len(loads)/2]
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

func (c contest) row(name, against string, goal float64) row {
	ratio := c.ours.rate / c.other.rate
	return row{
		name: name, ours: c.ours.String(), reference: c.other.String(), against: against,
		goal: fmt.Sprintf("≥ %.2g", goal), value: ratio, met: ratio >= goal,
		detail: fmt.Sprintf("CPU %v, reference %v", c.oursCPU.Round(100*time.Nanosecond), c.otherCPU.Round(100*time.Nanosecond)),
	}
}

func (b *bench) verify() ([]row, error) {
	r := get(b.ours.url, "/api/v1/authorize?permission=ReadHealthCheck", b.large.secrets[0])
	c, err := b.turns(r, post(b.other.url, "/constant", "", "{}"), b.ours, b.other, 16)
	if err != nil {
		return nil, err
	}
	cpu := row{name: "verify over HTTP, CPU for each", ours: c.oursCPU.String(), goal: "≤ 16 µs", met: c.oursCPU <= 16*time.Microsecond, value: float64(c.oursCPU.Nanoseconds())}
	return []row{c.row("verify over HTTP", "a constant handler", 0.75), cpu}, nil
}

func (b *bench) one(third *house) ([]row, error) {
	query := func(id string) string {
		return `{"query":"query($id: String!) { token(tokenId: $id) { id name expireAt createdAt } }","variables":{"id":"` + id + `"}}`
	}
	c, err := b.turns(
		post(b.ours.url, "/graphql", b.large.root, query(string(b.large.tokens[5].ID))),
		post(b.other.url, "/cached", "", query(string(third.tokens[5].ID))), b.ours, b.other, 16)
	if err != nil {
		return nil, err
	}
	return []row{c.row("GraphQL, one token, authenticated", "bare gqlgen with its cache, no door", 1)}, nil
}

func pageQuery(skip int) string {
	return fmt.Sprintf(`{"query":"{ systemTokens(skip: %d, limit: 50) { totalResults results { id name expireAt permissions createdAt } } }"}`, skip)
}

func (b *bench) page() ([]row, error) {
	far := post(b.ours.url, "/graphql", b.large.root, pageQuery(b.tokens*7/10))
	c, err := b.turns(far, post(b.other.url, "/default", "", pageQuery(700)), b.ours, b.other, 16)
	if err != nil {
		return nil, err
	}
	d, err := b.turns(far, post(b.few.url, "/graphql", b.small.root, pageQuery(700)), b.ours, b.few, 16)
	if err != nil {
		return nil, err
	}
	same := d.row("page of 50, far into "+number(b.tokens), "the same page from 1,000 tokens", 1/1.2)
	same.goal = "≥ 0.83"
	return []row{c.row("page of 50", "bare gqlgen with its defaults", 3), same}, nil
}

func (b *bench) search() ([]row, error) {
	r := post(b.ours.url, "/graphql", b.large.root, `{"query":"{ systemTokens(searchFilter: \"nurse-12345\", limit: 50) { totalResults results { id name } } }"}`)
	var all []load
	for range b.rounds {
		l, err := closed(r, 1, b.each)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	l := middle(all)
	scan := b.rawScan()
	return []row{{
		name: "search for a part of a name over " + number(b.tokens), ours: l.String(), reference: scan.Round(time.Microsecond).String(),
		against: "a raw scan of all names in one piece", goal: "p50 ≤ 12 ms", value: l.p50.Seconds(), met: l.p50 <= 12*time.Millisecond,
	}}, nil
}

// rawScan returns what it takes to look through all names.
func (b *bench) rawScan() time.Duration {
	var names []byte
	for _, t := range b.large.tokens {
		names = append(append(names, index.Fold(t.Name)...), '\n')
	}
	var took []time.Duration
	for range 20 {
		began := time.Now()
		bytes.Count(names, []byte("nurse-12345"))
		took = append(took, time.Since(began))
	}
	return median(took)
}

func (b *bench) create() ([]row, error) {
	var rows []row
	for _, n := range []int{16, 64} {
		r := post(b.few.url, "/graphql", b.small.root, `{"query":"mutation { createSystemToken(input: {name: \"bench\", permissions: [ReadHealthCheck]}) { token } }"}`)
		var ours []load
		var raw []float64
		for range b.rounds {
			l, err := closed(r, n, b.each)
			if err != nil {
				return nil, err
			}
			rate, err := b.rawCommits(n)
			if err != nil {
				return nil, err
			}
			ours, raw = append(ours, l), append(raw, rate)
		}
		slices.Sort(raw)
		l, other := middle(ours), raw[len(raw)/2]
		rows = append(rows, row{
			name: fmt.Sprintf("create, durable and audited, %d callers", n), ours: l.String(), reference: fmt.Sprintf("%.0f/s", other),
			against: "one row a commit group, same store", goal: "≥ 0.6", value: l.rate / other, met: l.rate/other >= 0.6,
		})
	}
	return rows, nil
}

// rawCommits returns how many updates of one row a second n callers get.
func (b *bench) rawCommits(n int) (float64, error) {
	folder := filepath.Join(b.folder, "raw")
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: []store.Table{"rows"}, Now: time.Now})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	value := make([]byte, 120)
	l, err := together(n, func(_ int, times *[]time.Duration) error {
		for end := time.Now().Add(b.each); time.Now().Before(end); {
			key := make([]byte, 16)
			rand.Read(key)
			began := time.Now()
			if err := db.Update(context.Background(), func(w store.Writer) error { return w.Put("rows", key, value) }); err != nil {
				return err
			}
			*times = append(*times, time.Since(began))
		}
		return nil
	})
	return l.rate, err
}

// change caps two thirds of all tokens and gives every one of them a filter,
// while others go on verifying.
func (b *bench) change() ([]row, error) {
	verify := get(b.ours.url, "/api/v1/authorize?permission=ReadHealthCheck", b.large.secrets[0])
	const rate = 500
	idle, err := paced(verify, rate, 8, 3*b.each)
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	began := time.Now()
	go func() {
		c, err := dial(verify.addr)
		if err == nil {
			defer c.conn.Close()
			err = c.do(wire(b.ours.url, "POST", "/graphql", b.large.root, `{"query":"mutation { updateTokenSecurityPolicies(input: {personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: false, organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: false, systemPermissionTokensEnabled: true, systemPermissionTokensEnforceExpirationAfterMs: 172800000, systemPermissionTokensEnforceIpFilterId: \"benchfilter\"}) { id } }"}`))
		}
		done <- err
	}()
	busy, err := paced(verify, rate, 8, 3*b.each)
	if err != nil {
		return nil, err
	}
	if err := <-done; err != nil {
		return nil, err
	}
	took := time.Since(began)
	ratio := float64(busy.p99) / float64(idle.p99)
	return []row{
		{name: "policy change over " + number(b.tokens) + " tokens", ours: took.Round(10 * time.Millisecond).String(), goal: "≤ 20 s", value: took.Seconds(), met: took <= 20*time.Second},
		{name: "verification p99 meanwhile", ours: busy.p99.Round(time.Microsecond).String(), reference: idle.p99.Round(time.Microsecond).String(), against: "idle", goal: "≤ 3 times", value: ratio, met: ratio <= 3},
	}, nil
}
