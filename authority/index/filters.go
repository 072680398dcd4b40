package index

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tokenscale/authority/index/caseless"
	"tokenscale/ipfilter"
)

// A Filter is an IP filter with its rules. Rules is nil if the stored text
// does not parse any more, or there is no such filter; nobody passes it.
type Filter struct {
	ipfilter.Filter
	Rules *ipfilter.Rules
	there bool // else only tokens name it
}

// SetFilter adds or replaces a filter and reports whether its rules parse.
func (x *Index) SetFilter(f ipfilter.Filter) (parses bool) {
	x.Update(func(b *Batch) { parses = b.SetFilter(f) })
	return parses
}

// DistrustFilter has nobody pass a filter until it is set anew, if it is
// there.
func (x *Index) DistrustFilter(id ipfilter.ID) {
	x.Update(func(b *Batch) { b.DistrustFilter(id) })
}

// DropFilter removes a filter, if it is there.
func (x *Index) DropFilter(id ipfilter.ID) {
	x.Update(func(b *Batch) { b.DropFilter(id) })
}

// SetFilter adds or replaces a filter and reports whether its rules parse.
func (b *Batch) SetFilter(f ipfilter.Filter) bool {
	rules, err := ipfilter.Parse(f.Text)
	b.setFilter(b.filterNumber(f.ID), Filter{f, rules, true})
	return err == nil
}

// DistrustFilter has nobody pass a filter until it is set anew, if it is
// there.
func (b *Batch) DistrustFilter(id ipfilter.ID) {
	if n, ok := b.p.filterNumbers[id]; ok && b.p.filters[n].there {
		b.setFilter(n, Filter{Filter: b.p.filters[n].Filter, there: true})
	}
}

// DropFilter removes a filter, if it is there. Its number is free if no token
// names it, which takes a look at all.
func (b *Batch) DropFilter(id ipfilter.ID) {
	n, ok := b.p.filterNumbers[id]
	if !ok || n == 0 {
		return
	}
	if b.p.binds(n) {
		b.setFilter(n, Filter{Filter: ipfilter.Filter{ID: id}})
		return
	}
	b.setFilter(n, Filter{})
	b.p.filterNumbers = maps.Clone(b.p.filterNumbers)
	delete(b.p.filterNumbers, id)
}

func (p *picture) binds(filter uint32) bool {
	for _, l := range p.leaves.all() {
		for i := range l.meta {
			if l.meta[i].filter == filter {
				return true
			}
		}
	}
	return false
}

func (b *Batch) setFilter(n uint32, f Filter) {
	b.p.filters = slices.Clone(b.p.filters)
	b.p.filters[n] = f
}

// filterNumber returns the number of a filter. If it has none it gets one, and
// nobody passes it until it is set.
func (b *Batch) filterNumber(id ipfilter.ID) uint32 {
	if n, ok := b.p.filterNumbers[id]; ok {
		return n
	}
	at := 1 + slices.IndexFunc(b.p.filters[1:], func(f Filter) bool { return f.ID == "" })
	if at == 0 {
		at = len(b.p.filters)
		b.p.filters = append(slices.Clip(b.p.filters), Filter{})
	}
	b.setFilter(uint32(at), Filter{Filter: ipfilter.Filter{ID: id}})
	b.p.filterNumbers = maps.Clone(b.p.filterNumbers)
	b.p.filterNumbers[id] = uint32(at)
	return uint32(at)
}

// Rules returns the rules of a filter, or nil if it does not exist or does
// not parse. It implements policy.Filters.
func (p *picture) Rules(id ipfilter.ID) *ipfilter.Rules { return p.filters[p.filterNumbers[id]].Rules }

// Rules returns the rules of a filter, or nil if it does not exist or does
// not parse. It implements policy.Filters.
func (x *Index) Rules(id ipfilter.ID) *ipfilter.Rules { return x.now().Rules(id) }

// Filter returns the filter id.
func (x *Index) Filter(id ipfilter.ID) (ipfilter.Filter, bool) {
	p := x.now()
	f := p.filters[p.filterNumbers[id]]
	if !f.there {
		return ipfilter.Filter{}, false
	}
	return f.Filter, true
}

// CountFilters returns how many filters there are, and how many of them nobody
// passes because their rules do not parse or their rows are not believed.
func (x *Index) CountFilters() (all, shut int) {
	for _, f := range x.now().filters {
		switch {
		case !f.there:
			continue
		case f.Rules == nil:
			shut++
		}
		all++
	}
	return all, shut
}

// Filters returns the filters whose names hold part, without regard to case,
// by name, then id.
func (x *Index) Filters(part string) []ipfilter.Filter {
	part = caseless.Fold(part)
	all := []ipfilter.Filter{}
	for _, f := range x.now().filters {
		if f.there && strings.Contains(caseless.Fold(f.Name), part) {
			all = append(all, f.Filter)
		}
	}
	slices.SortFunc(all, func(a, b ipfilter.Filter) int {
		return cmp.Or(cmp.Compare(caseless.Fold(a.Name), caseless.Fold(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all
}
