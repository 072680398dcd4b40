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
	now, err := all.Present(r)
	if err != nil {
		return err
	}
	x.Update(func(b *Batch) {
		b.p.history = now.History
		err = all.Filters.Each(r, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
			b.setFilterOf(f, log)
			return nil
		})
	})
	if err != nil {
		return err
	}
	tokens := x.Loader()
	if err := readTokens(r, now, tokens); err != nil {
		return err
	}
	x.Load(tokens)
	if err := all.Uses.Each(r, store.Range{}, func(key []byte, u rows.Use) error {
		n, inGrace, _ := rows.ParseTokenKey(key)
		x.learn(n, inGrace, u)
		return nil
	}); err != nil {
		return err
	}
	root, ok, err := all.Root.Get(r, rows.RootKey)
	if ok {
		x.SetRoot(Root{Digest: root.Digest, Key: root.Key})
	}
	return err
}

// readTokens decodes all tokens on all cores: checking the seals is most of
// the work of a start.
func readTokens(r store.Reader, now rows.Present, to *Loader) error {
	d := newDecoder(now, to)
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
	return cmp.Or(err, d.err)
}

// A decoder decodes chunks of token rows at the same time.
type decoder struct {
	rows   rows.Present
	free   chan *chunk // one for each core, and one that is being filled
	work   sync.WaitGroup
	loaded *Loader

	mu  sync.Mutex
	err error
}

func newDecoder(now rows.Present, to *Loader) *decoder {
	d := &decoder{rows: now, loaded: to, free: make(chan *chunk, runtime.GOMAXPROCS(0)+1)}
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
			t, alive, err := d.decoded(key, value)
			if alive {
				tokens = append(tokens, t)
			}
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

// decoded returns the token in a row as it is now, and whether it lives.
func (d *decoder) decoded(key, row []byte) (t token.Token, alive bool, err error) {
	s, err := d.rows.Tokens.Decode(key, row)
	if err != nil {
		return t, false, err
	}
	return d.rows.Now(s)
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
