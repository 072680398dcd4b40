package ipfilter

import (
	"net/netip"
	"slices"
)

// Unreachable returns the numbers of the lines with a rule that can never
// decide, because rules before it, one or several together, cover all it
// matches. Such a rule is no error, but hardly what its author meant.
func (r *Rules) Unreachable() []int {
	if r == nil {
		return nil
	}
	var lines []int
	var c cover
	for i := range r.rules {
		at := &r.rules[i]
		if c.holds(at) && !slices.Contains(lines, at.line) {
			lines = append(lines, at.line)
		}
		c.take(at)
	}
	return lines
}

// A span is the addresses from first to last, both included, of one family.
type span struct{ first, last netip.Addr }

// A cover is a set of addresses: spans in order that neither overlap nor
// touch.
type cover []span

// holds reports whether every address that r matches is in c.
func (c cover) holds(r *rule) bool {
	for _, s := range r.spans() {
		i := slices.IndexFunc(c, func(have span) bool { return s.first.Compare(have.last) <= 0 })
		if i < 0 || s.first.Less(c[i].first) || c[i].last.Less(s.last) {
			return false
		}
	}
	return true
}

// take adds the addresses that r matches to c.
func (c *cover) take(r *rule) {
	for _, s := range r.spans() {
		from := slices.IndexFunc(*c, func(have span) bool {
			return !have.last.Less(s.first) || have.last.Next() == s.first
		})
		if from < 0 {
			from = len(*c)
		}
		to := from
		for to < len(*c) && ((*c)[to].first.Compare(s.last) <= 0 || s.last.Next() == (*c)[to].first) {
			s.first = least(s.first, (*c)[to].first)
			s.last = most(s.last, (*c)[to].last)
			to++
		}
		*c = slices.Replace(*c, from, to, s)
	}
}

// spans returns the addresses r matches.
func (r *rule) spans() []span {
	if !r.all {
		return []span{spanOf(r.prefix)}
	}
	return []span{
		spanOf(netip.PrefixFrom(netip.IPv4Unspecified(), 0)),
		spanOf(netip.PrefixFrom(netip.IPv6Unspecified(), 0)),
	}
}

// spanOf returns the first and last address of p, which is masked.
func spanOf(p netip.Prefix) span {
	bytes := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return span{p.Addr(), last}
}

func least(a, b netip.Addr) netip.Addr {
	if a.Less(b) {
		return a
	}
	return b
}

func most(a, b netip.Addr) netip.Addr {
	if a.Less(b) {
		return b
	}
	return a
}
