package index

import (
	"cmp"
	"log/slog"
	"runtime"
	"sync"

	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Read fills an empty Index with all that verification needs. A row whose seal is
// broken stops it: a server that starts with a part of its tokens would look
// healthy and be wrong.
func (x *Index) Read(r store.Reader, all *rows.Rows, log *slog.Logger) error {
	if err := all.Filters.Each(r, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
		x.setFilter(f, log)
		return nil
	}); err != nil {
		return err
	}
	tokens, err := readTokens(r, all)
	if err != nil {
		return err
	}
	x.Load(tokens)
	if err := all.Uses.Each(r, store.Range{}, func(key []byte, u rows.Use) error {
		n, inGrace, _ := rows.ParseTokenKey(key)
		if e, ok := x.At(n, inGrace); ok {
			e.lastUse().note(u.At, u.From)
		}
		return nil
	}); err != nil {
		return err
	}
	return x.readSettings(r, all)
}

func (x *Index) readSettings(r store.Reader, all *rows.Rows) error {
	p, err := all.Policies.Require(r, rows.PoliciesKey)
	if err != nil {
		return err
	}
	x.SetPolicies(p)
	root, ok, err := all.Root.Get(r, rows.RootKey)
	if ok {
		x.SetRoot(Root{Digest: root.Digest, Key: root.Key})
	}
	return err
}

// readTokens decodes all tokens on all cores: checking the seals is most of
// the work of a start.
func readTokens(r store.Reader, all *rows.Rows) (*Loader, error) {
	d := newDecoder(all.Tokens)
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
	loaded Loader

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
