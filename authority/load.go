package authority

import (
	"cmp"
	"context"
	"runtime"
	"sync"

	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// load reads everything that verification needs into the index. A row whose
// seal is broken stops it: a server that starts with a part of its tokens
// would look healthy and be wrong.
func (a *Authority) load(ctx context.Context) error {
	return a.store.View(ctx, func(r store.Reader) error {
		if err := a.rows.Filters.Each(r, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
			a.setFilter(f)
			return nil
		}); err != nil {
			return err
		}
		tokens, err := a.loadTokens(r)
		if err != nil {
			return err
		}
		a.index.Load(tokens)
		if err := a.rows.Uses.Each(r, store.Range{}, func(id []byte, u rows.Use) error {
			a.index.Remember(index.Use{ID: token.ID(id), At: u.At, From: u.From})
			return nil
		}); err != nil {
			return err
		}
		if err := a.loadEndedSessions(r); err != nil {
			return err
		}
		return a.loadSettings(r)
	})
}

func (a *Authority) loadSettings(r store.Reader) error {
	p, err := a.rows.Policies.Require(r, rows.PoliciesKey)
	if err != nil {
		return err
	}
	a.index.SetPolicies(p)
	root, ok, err := a.rows.Root.Get(r, rows.RootKey)
	if ok {
		a.index.SetRoot(index.Root{Digest: root.Digest, Key: root.Key})
	}
	return err
}

// loadTokens decodes all tokens on all cores: checking the seals is most of
// the work of a start.
func (a *Authority) loadTokens(r store.Reader) (*index.Loader, error) {
	d := newDecoder(a.rows.Tokens)
	c := <-d.free
	err := r.Scan(rows.TokensTable, store.Range{}, func(key, value []byte) error {
		if c.add(key, value); c.len() == decodeChunk {
			d.decode(c)
			c = <-d.free
		}
		return nil
	})
	d.decode(c)
	d.work.Wait()
	return &d.loaded, cmp.Or(err, d.err)
}

// A decoder decodes chunks of token rows at the same time.
type decoder struct {
	table  rows.Table[token.Token]
	free   chan *chunk // one for each core, and one that is being filled
	work   sync.WaitGroup
	loaded index.Loader

	mu  sync.Mutex
	err error
}

func newDecoder(t rows.Table[token.Token]) *decoder {
	d := &decoder{table: t, free: make(chan *chunk, runtime.GOMAXPROCS(0)+1)}
	for range cap(d.free) {
		d.free <- new(chunk)
	}
	return d
}

// decode begins to decode a chunk, which is free again when that is done.
func (d *decoder) decode(c *chunk) {
	d.work.Go(func() {
		tokens := make([]token.Token, 0, c.len())
		err := c.each(func(key, value []byte) error {
			t, err := d.table.Decode(key, value)
			tokens = append(tokens, t)
			return err
		})
		if err == nil {
			d.loaded.Add(tokens)
		}
		d.mu.Lock()
		d.err = cmp.Or(d.err, err)
		d.mu.Unlock()
		c.clear()
		d.free <- c
	})
}

// A chunk holds copies of rows, because the store lends them only for the
// moment. They lie in one piece of memory, which is used again and again.
type chunk struct {
	bytes []byte
	ends  []int // in bytes: of a key, of its value, and so on
}

const decodeChunk = 4096 // rows

func (c *chunk) len() int { return len(c.ends) / 2 }

func (c *chunk) clear() { c.bytes, c.ends = c.bytes[:0], c.ends[:0] }

func (c *chunk) add(key, value []byte) {
	c.bytes = append(c.bytes, key...)
	c.ends = append(c.ends, len(c.bytes))
	c.bytes = append(c.bytes, value...)
	c.ends = append(c.ends, len(c.bytes))
}

// each calls fn with the rows, until it returns an error.
func (c *chunk) each(fn func(key, value []byte) error) error {
	begin := 0
	for i := 0; i < len(c.ends); i += 2 {
		middle, end := c.ends[i], c.ends[i+1]
		if err := fn(c.bytes[begin:middle], c.bytes[middle:end]); err != nil {
			return err
		}
		begin = end
	}
	return nil
}
