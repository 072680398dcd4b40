package index

import (
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// A Batch changes an Index inside Update.
type Batch struct{ x *Index }

// Update runs fn with the Index held, so that readers see all of its token
// changes at once, or as many as fn makes between two calls of Breathe.
func (x *Index) Update(fn func(Batch)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	fn(Batch{x})
	clear(x.moving)
	x.moving = x.moving[:0]
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
// Another token that stood in its slot is dropped. Its row in the slot for its
// grace period may follow in the same Update: its last use is kept for that.
//
// A hidden token is dropped: to whom the index serves it does not exist.
func (b Batch) Put(t token.Token) {
	if t.Hidden() {
		b.DropRow(t.Number, t.InGrace())
		return
	}
	e := newEntry(t)
	if was, ok := b.x.bySlot[e.slot()]; ok && was.ID() != t.ID {
		b.drop(was)
		b.x.moving = append(b.x.moving, was)
	}
	b.put(e)
}

// DistrustRow has the token in a slot refused until it is put anew, if it is there.
func (b Batch) DistrustRow(n token.Number, inGrace bool) {
	if old, ok := b.x.bySlot[slot{n, inGrace}]; ok && !old.distrusted {
		e := newEntry(old.Token())
		e.distrusted = true
		b.put(e)
	}
}

func (b Batch) put(e *Entry) {
	old, known := b.x.tokens.find(e.ID())
	for _, was := range b.x.moving {
		if !known && was.ID() == e.ID() {
			e.use.Store(was.lastUse())
		}
	}
	if known {
		e.use.Store(old.lastUse()) // shared: a request may still hold the old Entry
		b.vacate(old)
	}
	b.x.tokens.put(e)
	b.x.bySlot[e.slot()] = e
	for _, o := range []*order{&b.x.byName, &b.x.byExpiry} {
		if known {
			o.exchange(old, e)
			continue
		}
		o.insert(e)
	}
}

// DropRow removes the token in a slot, if it is there.
func (b Batch) DropRow(n token.Number, inGrace bool) {
	if old, ok := b.x.bySlot[slot{n, inGrace}]; ok {
		b.drop(old)
	}
}

func (b Batch) drop(e *Entry) {
	b.vacate(e)
	b.x.tokens.drop(e.ID())
	b.x.byName.remove(e)
	b.x.byExpiry.remove(e)
}

// vacate frees the slot of e, unless another token has it by now.
func (b Batch) vacate(e *Entry) {
	if b.x.bySlot[e.slot()] == e {
		delete(b.x.bySlot, e.slot())
	}
}

// SetHistory replaces the policies, and brings all tokens under those of their tightenings that x
// did not know.
func (b Batch) SetHistory(h policy.History) {
	known := b.x.History().Newest
	b.x.history.Store(&h)
	for i, p := range h.Past {
		if h.Newest-uint64(len(h.Past)-1-i) > known {
			b.Judge(p.Rule, p.At)
		}
	}
}

// DistrustPolicies allows nothing until the policies are set anew.
func (b Batch) DistrustPolicies() {
	h := b.x.History()
	h.Policies = policy.Policies{}
	b.x.history.Store(&h)
}

// Judge brings all tokens under one tightening of the policies, which was made at a moment.
func (b Batch) Judge(rule policy.Security, at epoch.Millis) {
	for i, e := range b.x.byNumber() {
		if i%breath == breath-1 {
			b.Breathe()
		}
		e, there := b.x.bySlot[e.slot()] // it may have been distrusted meanwhile
		if !there {
			continue
		}
		after, verdict := rule.Judge(e.Token(), at)
		switch verdict {
		case policy.Keep:
		case policy.Delete:
			b.drop(e)
		default:
			next := newEntry(after)
			next.distrusted = e.distrusted
			b.put(next)
		}
	}
}
