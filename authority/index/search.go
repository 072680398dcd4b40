package index

import (
	"slices"
	"strings"

	"tokenscale/token"
)

// search returns one page of the entries whose name holds part of a name, and
// how many there are in all. names is a snapshot.
func search(names order, q token.Query) (total int, page []*Entry) {
	part := Fold(q.Search)
	if strings.ContainsRune(part, nameEnd) { // it would match across names
		return 0, []*Entry{}
	}
	if q.ByExpiry {
		return searchByExpiry(names, q, []byte(part))
	}
	return searchByName(names, q, []byte(part))
}

func searchByName(names order, q token.Query, part []byte) (total int, page []*Entry) {
	page = []*Entry{}
	found := make([]*Entry, 0, fullBlock)
	for i := range names.blocks {
		if q.Descending {
			i = len(names.blocks) - 1 - i
		}
		found = names.blocks[i].matches(found[:0], part)
		if q.Descending {
			slices.Reverse(found)
		}
		skip := min(max(q.Skip-total, 0), len(found))
		page = append(page, found[skip:min(skip+q.Limit-len(page), len(found))]...)
		total += len(found)
	}
	return total, page
}

// searchByExpiry finds the matches in the order of names and keeps the first
// by expiry: as many as it takes to show the page.
func searchByExpiry(names order, q token.Query, part []byte) (total int, page []*Entry) {
	first := &best{compare: expiryOrder, n: q.Skip + q.Limit}
	if q.Descending {
		first.compare = func(a, b *Entry) int { return expiryOrder(b, a) }
	}
	found := make([]*Entry, 0, fullBlock)
	for _, b := range names.blocks {
		found = b.matches(found[:0], part)
		total += len(found)
		for _, e := range found {
			first.add(e)
		}
	}
	first.sort()
	return total, cut(first.entries, q.Skip, q.Limit)
}

// best keeps the first n of many entries in some order.
type best struct {
	compare func(a, b *Entry) int
	n       int
	entries []*Entry
	bar     *Entry // the n-th of those sorted so far: what comes behind it is not wanted
}

func (b *best) add(e *Entry) {
	if b.n == 0 || b.bar != nil && b.compare(e, b.bar) > 0 {
		return
	}
	if b.entries = append(b.entries, e); len(b.entries) >= 2*b.n+fullBlock {
		b.sort()
	}
}

func (b *best) sort() {
	slices.SortFunc(b.entries, b.compare)
	if len(b.entries) >= b.n && b.n > 0 {
		b.entries = b.entries[:b.n]
		b.bar = b.entries[b.n-1]
	}
}

func cut(all []*Entry, skip, limit int) []*Entry {
	all = all[min(skip, len(all)):]
	return all[:min(limit, len(all))]
}
