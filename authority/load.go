package authority

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"

	"tokenscale/authority/index"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// load reads everything that verification needs into the index. A row whose
// seal is broken stops it: a server that starts with a part of its tokens
// would look healthy and be wrong.
func (a *Authority) load(ctx context.Context) error {
	return a.store.View(ctx, func(r store.Reader) error {
		if err := a.filters.each(r, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
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
		if err := a.uses.each(r, store.Range{}, func(id []byte, u use) error {
			a.index.Remember(index.Use{ID: token.ID(id), At: u.at, From: u.from})
			return nil
		}); err != nil {
			return err
		}
		return a.loadSettings(r)
	})
}

func (a *Authority) loadSettings(r store.Reader) error {
	p, err := a.policies.must(r, policiesKey)
	if err != nil {
		return err
	}
	a.index.SetPolicies(p)
	root, ok, err := a.root.get(r, rootKey)
	if ok {
		a.index.SetRoot(index.Root{Digest: root.digest, Key: root.key})
	}
	return err
}

// loadTokens decodes all tokens on all cores: checking the seals is most of
// the work of a start. Rows are copied, because the store lends them only for
// the moment.
func (a *Authority) loadTokens(r store.Reader) ([]token.Token, error) {
	d := &decoder{table: a.tokens, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	var rows []store.Row
	err := r.Scan(tokensTable, store.Range{}, func(key, value []byte) error {
		rows = append(rows, store.Row{Key: bytes.Clone(key), Value: bytes.Clone(value)})
		if len(rows) == decodeChunk {
			d.hand(rows)
			rows = nil
		}
		return nil
	})
	d.hand(rows)
	d.work.Wait()
	if err := firstError(err, d.err); err != nil {
		return nil, err
	}
	return slices.Concat(d.done...), nil
}

const decodeChunk = 4096

// A decoder decodes chunks of token rows at the same time.
type decoder struct {
	table table[token.Token]
	slots chan struct{} // one for each core
	work  sync.WaitGroup

	mu   sync.Mutex
	done [][]token.Token
	err  error
}

func (d *decoder) hand(rows []store.Row) {
	d.slots <- struct{}{}
	d.work.Go(func() {
		defer func() { <-d.slots }()
		tokens, err := d.decode(rows)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.done = append(d.done, tokens)
		d.err = firstError(d.err, err)
	})
}

func (d *decoder) decode(rows []store.Row) ([]token.Token, error) {
	tokens := make([]token.Token, len(rows))
	for i, row := range rows {
		var err error
		if tokens[i], err = d.table.decode(row.Key, row.Value); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// breath is after how many changes of one transaction readers are let through.
// More than that are only in a sweep, whose changes need not be seen at once:
// the policy binds without them.
const breath = 64

// follow brings committed changes into the index. The store calls it in the
// order of the commits, before their callers get their answers.
func (a *Authority) follow(changes []store.Change) {
	a.index.Update(func(b index.Batch) {
		for i, c := range changes {
			if i%breath == breath-1 {
				b.Breathe()
			}
			if err := a.apply(b, c); err != nil {
				// We have just written it ourselves: this is a bug, and the
				// index now misses a change.
				a.log.Error("a committed row cannot be read back", "table", c.Table, "err", err)
			}
		}
	})
	a.witness.follow(changes)
	if a.export != nil {
		a.export.wake()
	}
	if a.reached != nil {
		a.reached.follow(changes)
	}
}

func (a *Authority) apply(b index.Batch, c store.Change) error {
	switch c.Table {
	case tokensTable:
		if c.Value == nil {
			b.Drop(token.ID(c.Key))
			return nil
		}
		return apply(a.tokens, c, b.Put)
	case filtersTable:
		if c.Value == nil {
			a.index.DropFilter(ipfilter.ID(c.Key))
			return nil
		}
		return apply(a.filters, c, a.setFilter)
	case settingsTable:
		return a.applySetting(c)
	}
	return nil
}

func (a *Authority) applySetting(c store.Change) error {
	switch string(c.Key) {
	case policiesKey:
		return apply(a.policies, c, func(p policy.Policies) { a.index.SetPolicies(p) })
	case rootKey:
		if a.byHash {
			return nil
		}
		return apply(a.root, c, func(r root) { a.index.SetRoot(index.Root{Digest: r.digest, Key: r.key}) })
	}
	return nil
}

func apply[V any](t table[V], c store.Change, to func(V)) error {
	v, err := t.decode(c.Key, c.Value)
	if err == nil {
		to(v)
	}
	return err
}

func (a *Authority) setFilter(f ipfilter.Filter) {
	if !a.index.SetFilter(f) {
		a.log.Error("the rules of a stored IP filter cannot be read, so it lets nobody in", "ipFilterId", f.ID)
	}
}
