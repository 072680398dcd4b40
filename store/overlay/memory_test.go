package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tokenscale/store"
	"tokenscale/store/overlay"
	"tokenscale/store/readers"
	"tokenscale/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rows are those of one table; tables are never changed once they are published.
type (
	rows   map[string]string
	tables map[store.Table]rows
)

// beside is no table: what is under it are the sealed sums, by the number of the commit.
const beside store.Table = "beside"

func (p tables) sums() (s store.SealedSums) {
	for commit, sealed := range p[beside] {
		n, _ := strconv.ParseUint(commit, 10, 64) // as it was written
		s = store.SealedSums{Commit: n, Sealed: []byte(sealed)}
	}
	return s
}

// memory is a store that keeps its rows in memory: the least that a backend can be.
type memory struct {
	*overlay.Committer
	mu   sync.Mutex
	now  tables
	fail error // what the next commit fails with
	// before is asked before each commit, and its error is what comes of it.
	before  func(*overlay.Batch) error
	readers readers.Open
	once    sync.Once
}

func newMemory(t testing.TB, now tables) *memory {
	t.Helper()
	m := &memory{now: now}
	rows, bytes := m.Limits()
	m.Committer = overlay.Start(m, overlay.Settings{
		Tables: slices.Sorted(slices.Values(storetest.Tables)), QueueLength: storetest.Queue,
		BatchCount: 256, BatchBytes: 1 << 20, MaxRows: rows, MaxBytes: bytes, WideRows: wideRows, WideBytes: 8 << 20, Now: time.Now,
	})
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func (m *memory) picture() tables {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Begin implements overlay.Backend.
func (m *memory) Begin() (overlay.Base, error) { return m.picture(), nil }

// Commit implements overlay.Backend.
func (m *memory) Commit(base overlay.Base, b *overlay.Batch) error {
	if m.fail != nil {
		return fmt.Errorf("%w: %w", store.ErrInDoubt, m.Stop(m.fail))
	}
	if m.before != nil {
		if err := m.before(b); err != nil {
			return err
		}
	}
	sums, err := m.Sums(base.(tables).sums(), base, b.Changed)
	if err != nil {
		return err
	}
	next := maps.Clone(m.picture())
	if sums.Commit > 0 {
		next[beside] = rows{strconv.FormatUint(sums.Commit, 10): string(sums.Sealed)}
	}
	for _, t := range b.Changed.Tables() {
		next[t] = maps.Clone(next[t])
		if next[t] == nil {
			next[t] = rows{}
		}
		for r := range b.Changed.Changes(t) {
			if next[t][string(r.Key)] = string(r.Value); r.Value == nil {
				delete(next[t], string(r.Key))
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = next
	return nil
}

// Abandon implements overlay.Backend.
func (m *memory) Abandon(overlay.Base) {}

// Recovered implements overlay.Backend.
func (m *memory) Recovered(any) error { return nil }

// Get implements overlay.Base.
func (p tables) Get(t store.Table, key []byte) ([]byte, error) {
	v, ok := p[t][string(key)]
	if !ok {
		return nil, nil
	}
	return []byte(v), nil
}

// Layer implements overlay.Base.
func (p tables) Layer(t store.Table, r store.Range) (overlay.Layer, error) {
	o := overlay.New()
	for k, v := range p[t] {
		o.Set(t, store.Row{Key: []byte(k), Value: append([]byte{}, v...)})
	}
	return o.Layer(t, r), nil
}

// reader is a store.Reader until it is over.
type reader struct {
	ctx  context.Context
	now  tables
	over bool
}

func (r *reader) check(t store.Table) error {
	switch {
	case r.over:
		return errors.New("over")
	case !slices.Contains(storetest.Tables, t):
		return store.ErrRow
	}
	return nil
}

// Get implements store.Reader.
func (r *reader) Get(t store.Table, key []byte) ([]byte, error) {
	if err := r.check(t); err != nil {
		return nil, err
	}
	return r.now.Get(t, key)
}

// Scan implements store.Reader.
func (r *reader) Scan(t store.Table, rg store.Range, fn func(key, value []byte) error) error {
	if err := r.check(t); err != nil {
		return err
	}
	l, _ := r.now.Layer(t, rg) // never fails
	return overlay.Merge(r.ctx, rg, fn, l)
}

// Sums implements store.Summed.
func (r *reader) Sums() (store.SealedSums, error) { return r.now.sums(), nil }

// View implements store.DB.
func (m *memory) View(ctx context.Context, fn func(store.Reader) error) error {
	select {
	case <-m.Closing():
		return store.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r := &reader{ctx: ctx, now: m.picture()}
	defer func() { r.over = true }()
	defer m.readers.Enter(time.Now())()
	return fn(r)
}

// Stats implements store.DB.
func (m *memory) Stats() store.Stats {
	s := m.Committer.Stats()
	s.Readers, s.OldestRead = m.readers.State(time.Now())
	return s
}

// wideRows is how many rows one transaction changes at most, in a commit of its own.
const wideRows = 6000

// Limits implements store.DB. They are narrow, as in a cluster.
func (m *memory) Limits() (rows, bytes int) { return 128, 1 << 20 * 5 / 4 }

// Backup implements store.DB.
func (m *memory) Backup(ctx context.Context, _ io.Writer) (int64, error) {
	return 0, m.View(ctx, func(store.Reader) error { return errors.ErrUnsupported })
}

// Close implements store.DB.
func (m *memory) Close() error {
	m.once.Do(m.Committer.Close)
	return nil
}

// The suite of the backends holds of what they share, without a disk.
func TestTheSuite(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	disks := map[string]*memory{}
	storetest.Run(t, func(t testing.TB, dir string) store.DB {
		mu.Lock()
		defer mu.Unlock()
		kept := tables{}
		if before := disks[dir]; before != nil {
			kept = before.picture()
		}
		disks[dir] = newMemory(t, kept)
		return disks[dir]
	})
}
