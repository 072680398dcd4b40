package index

import (
	"hash/maphash"

	"tokenscale/token"
)

// A table finds entries by id. It keys a map by a 64-bit hash of the id, which
// takes half the memory of the id itself, and keeps the rare ids whose hash is
// taken in a second map.
type table struct {
	seed    maphash.Seed
	entries map[uint64]*Entry
	clashes map[token.ID]*Entry
	n       int
}

func newTable(size int) table {
	return table{seed: maphash.MakeSeed(), entries: make(map[uint64]*Entry, size), clashes: map[token.ID]*Entry{}}
}

func (t *table) hash(id token.ID) uint64 { return maphash.String(t.seed, string(id)) }

func (t *table) find(id token.ID) (*Entry, bool) {
	e, ok := t.entries[t.hash(id)]
	if ok && e.ID() == id {
		return e, true
	}
	if ok && len(t.clashes) > 0 {
		e, ok = t.clashes[id]
		return e, ok
	}
	return nil, false
}

// fill makes an empty table one of entries, which have an id each.
func (t *table) fill(entries []*Entry) {
	*t = newTable(len(entries))
	for _, e := range entries {
		h := t.hash(e.ID())
		if _, taken := t.entries[h]; taken {
			t.put(e)
			continue
		}
		t.entries[h] = e
		t.n++
	}
}

// put adds e, or puts it in the place of the entry with its id.
func (t *table) put(e *Entry) {
	id := e.ID()
	if _, ok := t.find(id); !ok {
		t.n++
	}
	h := t.hash(id)
	if old, taken := t.entries[h]; taken && old.ID() != id {
		t.clashes[id] = e
		return
	}
	t.entries[h] = e
}

// drop removes the entry id, which must be there. Where one of the clashes
// had the same hash, it takes the place: find looks for clashes only behind a
// taken hash.
func (t *table) drop(id token.ID) {
	t.n--
	h := t.hash(id)
	if t.entries[h].ID() != id {
		delete(t.clashes, id)
		return
	}
	delete(t.entries, h)
	for other, e := range t.clashes {
		if t.hash(other) == h {
			t.entries[h] = e
			delete(t.clashes, other)
			return
		}
	}
}
