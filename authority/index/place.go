package index

// A place is where an entry belongs, with what decides about it at hand. A
// block is found by the places of all first entries, which lie together:
// following a pointer for each comparison would wait for memory each time.
type place struct {
	ending uint64 // see expiryKey; zero in an order by name
	name   string // folded
	entry  *Entry // its id decides between equals
}

func (o *order) place(e *Entry) place {
	p := place{name: Fold(e.name), entry: e}
	if !o.named {
		p.ending = expiryKey(e)
	}
	return p
}

// notBehind reports whether p comes before q, or is its place.
func (p place) notBehind(q place) bool {
	if p.ending != q.ending {
		return p.ending < q.ending
	}
	if p.name != q.name {
		return p.name < q.name
	}
	return p.entry.ID() <= q.entry.ID()
}
