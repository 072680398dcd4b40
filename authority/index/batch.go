package index

import "tokenscale/token"

// A Batch changes an Index inside Update.
type Batch struct{ x *Index }

// Update runs fn with the Index held, so that readers see all of its token
// changes at once, or as many as fn makes between two calls of Breathe.
func (x *Index) Update(fn func(Batch)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	fn(Batch{x})
}

// Breathe lets those through who wait to read. A long batch calls it now and
// then: verification must not wait for all of it.
func (b Batch) Breathe() {
	b.x.mu.Unlock()
	b.x.mu.Lock()
}

// Put adds or replaces a token. What it replaces may have been distrusted; it
// is not.
//
// A hidden token is dropped: to whom the index serves it does not exist.
func (b Batch) Put(t token.Token) {
	if t.Hidden() {
		b.Drop(t.ID)
		return
	}
	b.put(newEntry(t))
}

// Distrust has a token refused until it is put anew, if it is there.
func (b Batch) Distrust(id token.ID) {
	if old, ok := b.x.tokens.find(id); ok && !old.distrusted {
		e := newEntry(old.Token())
		e.distrusted = true
		b.put(e)
	}
}

func (b Batch) put(e *Entry) {
	old, known := b.x.tokens.find(e.ID())
	if known {
		e.use.Store(old.lastUse()) // shared: a request may still hold the old Entry
	}
	b.x.tokens.put(e)
	for _, o := range []*order{&b.x.byName, &b.x.byExpiry} {
		if known {
			o.exchange(old, e)
			continue
		}
		o.insert(e)
	}
}

// Drop removes a token, if it is there.
func (b Batch) Drop(id token.ID) {
	if old, ok := b.x.tokens.find(id); ok {
		b.x.tokens.drop(id)
		b.x.byName.remove(old)
		b.x.byExpiry.remove(old)
	}
}
