package index

import (
	"maps"
	"slices"
	"strings"

	"tokenscale/ipfilter"
)

// A Filter is an IP filter with its rules. Rules is nil if the stored text
// does not parse any more; nobody passes such a filter.
type Filter struct {
	ipfilter.Filter
	Rules *ipfilter.Rules
}

// SetFilter adds or replaces a filter and reports whether its rules parse.
func (x *Index) SetFilter(f ipfilter.Filter) bool {
	rules, err := ipfilter.Parse(f.Text)
	next := maps.Clone(*x.filters.Load())
	next[f.ID] = Filter{f, rules}
	x.filters.Store(&next)
	return err == nil
}

// DistrustFilter has nobody pass a filter until it is set anew, if it is
// there.
func (x *Index) DistrustFilter(id ipfilter.ID) {
	next := maps.Clone(*x.filters.Load())
	if f, ok := next[id]; ok {
		next[id] = Filter{Filter: f.Filter}
		x.filters.Store(&next)
	}
}

// DropFilter removes a filter, if it is there.
func (x *Index) DropFilter(id ipfilter.ID) {
	next := maps.Clone(*x.filters.Load())
	delete(next, id)
	x.filters.Store(&next)
}

// Rules returns the rules of a filter, or nil if it does not exist or does
// not parse. It implements policy.Filters.
func (x *Index) Rules(id ipfilter.ID) *ipfilter.Rules { return (*x.filters.Load())[id].Rules }

// Filter returns the filter id.
func (x *Index) Filter(id ipfilter.ID) (ipfilter.Filter, bool) {
	f, ok := (*x.filters.Load())[id]
	return f.Filter, ok
}

// CountFilters returns how many filters there are, and how many of them nobody
// passes because their rules do not parse or their rows are not believed.
func (x *Index) CountFilters() (all, shut int) {
	filters := *x.filters.Load()
	for _, f := range filters {
		if f.Rules == nil {
			shut++
		}
	}
	return len(filters), shut
}

// Filters returns the filters whose names hold part, without regard to case,
// by name, then id.
func (x *Index) Filters(part string) []ipfilter.Filter {
	part = Fold(part)
	all := make([]ipfilter.Filter, 0, len(*x.filters.Load()))
	for _, f := range *x.filters.Load() {
		if part == "" || strings.Contains(Fold(f.Name), part) {
			all = append(all, f.Filter)
		}
	}
	slices.SortFunc(all, func(a, b ipfilter.Filter) int {
		return cmpText(Fold(a.Name)+"\x00"+string(a.ID), Fold(b.Name)+"\x00"+string(b.ID))
	})
	return all
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
