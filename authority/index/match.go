package index

import (
	"bytes"
	"math/bits"
	"slices"

	"tokenscale/authority/index/caseless"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/token"
)

// A matcher asks of whole leaves what token.Matcher asks of a token: one question at a time, of all
// their tokens, so that nothing depends on what another answer was.
type matcher struct {
	questions []question
	part      *finder // nil if no part of a name is asked for
	noted     string  // a part of a note that is as good; empty for none
}

// A question tells which places of a leaf pass. What it says of those without a token means
// nothing.
type question func(*leaf) uint64

// bit is 1 if a condition holds. The compiler makes no branch of it, which the processor would
// guess wrong for every other token.
func bit(holds bool) uint64 {
	if holds {
		return 1
	}
	return 0
}

func newMatcher(p *picture, q token.Query, now epoch.Millis) *matcher {
	m := new(matcher)
	if part := caseless.Fold(q.Search); part != "" {
		m.part = newFinder([]byte(part), p)
		if q.SearchNotes {
			m.noted = part
		}
	}
	for _, c := range []struct {
		asked bool
		of    func() question
	}{
		{len(q.Permissions) > 0, func() question { return holding(permission.Of(q.Permissions...)) }},
		{q.ExpiresBefore != 0, func() question { return expiring(q.ExpiresBefore) }},
		{q.NeverExpires != nil, func() question { return is(q.NeverExpires, endless) }},
		{len(q.CreatedBy) > 0, func() question { return createdBy(q) }},
		{len(q.FilterIDs) > 0, func() question { return p.boundByAny(q) }},
		{q.WithoutFilter != nil, func() question { return is(q.WithoutFilter, unbound) }},
		{len(q.States) > 0, func() question { return inStates(q.States, now) }},
		{q.UnusedSince != 0, func() question { return unusedSince(q.UnusedSince) }},
	} {
		if c.asked {
			m.questions = append(m.questions, c.of())
		}
	}
	return m
}

// in returns which places of a leaf have a token that matches.
func (m *matcher) in(l *leaf) uint64 {
	found := l.live
	for _, q := range m.questions {
		if found == 0 {
			return 0
		}
		found &= q(l)
	}
	if m.part != nil && found != 0 {
		named := m.part.in(l, found)
		if m.noted != "" {
			named |= l.notes.Holding(m.noted) & found
		}
		found = named
	}
	return found
}

func holding(any permission.Set) question {
	return func(l *leaf) (pass uint64) {
		for i := range l.meta {
			pass |= bit(l.meta[i].expire&uint64(any)&0xffff != 0) << i
		}
		return pass
	}
}

func expiring(before epoch.Millis) question {
	end := endingOf(max(before, 1)) // nothing expires before the first moment
	return func(l *leaf) (pass uint64) {
		for i := range l.meta {
			pass |= bit(l.meta[i].ending() < end) << i
		}
		return pass
	}
}

// is asks whether q passes, or whether it does not.
func is(asked *bool, q question) question {
	if *asked {
		return q
	}
	return func(l *leaf) uint64 { return ^q(l) }
}

func endless(l *leaf) (pass uint64) {
	for i := range l.meta {
		pass |= bit(l.meta[i].expire>>16 == 0) << i
	}
	return pass
}

func unbound(l *leaf) (pass uint64) {
	for i := range l.meta {
		pass |= bit(l.meta[i].filter == 0) << i
	}
	return pass
}

func (p *picture) boundByAny(q token.Query) question {
	wanted := make([]bool, len(p.filters))
	for n, f := range p.filters {
		wanted[n] = f.ID != "" && slices.Contains(q.FilterIDs, f.ID)
	}
	return func(l *leaf) (pass uint64) {
		for i := range l.meta {
			pass |= bit(wanted[l.meta[i].filter]) << i
		}
		return pass
	}
}

func createdBy(q token.Query) question {
	ids, numbers := map[[idSize]byte]bool{}, map[token.Number]bool{}
	for _, id := range q.CreatedBy {
		ids[padded(id)] = true
	}
	for _, n := range q.Makers {
		numbers[n] = n != 0 // which is no token's
	}
	return func(l *leaf) (pass uint64) {
		var made [4 * leafSize]bool // by the place of the maker
		for i, maker := range l.ids {
			made[i+1] = ids[maker.id] || numbers[maker.number]
		}
		for i := range l.meta {
			pass |= bit(made[l.meta[i].creator]) << i
		}
		return pass
	}
}

func inStates(states []token.State, now epoch.Millis) question {
	wanted := func(s token.State) uint64 { return -bit(slices.Contains(states, s)) }
	active, expired, inGrace := wanted(token.Active), wanted(token.Expired), wanted(token.InGrace)
	return func(l *leaf) uint64 {
		over, replaced := uint64(0), uint64(0)
		for i := range l.meta {
			m := &l.meta[i]
			over |= bit(m.ending() < uint64(now)) << i
			replaced |= bit(m.replacedBy != 0) << i
		}
		return expired&over | inGrace&replaced&^over | active&^replaced&^over
	}
}

func unusedSince(moment epoch.Millis) question {
	return func(l *leaf) (pass uint64) {
		for i := range l.meta {
			m := &l.meta[i]
			issued := m.createdAt()
			if m.has(flagReissued) && l.has(uint32(i)) {
				issued = l.issuedAt(m)
			}
			pass |= bit(l.use[i].At() < moment) & bit(issued < moment) << i
		}
		return pass
	}
}

// A finder looks for a part of names. It goes by the byte of the part that is the rarest in the
// names, so that few places are compared.
type finder struct {
	part []byte // folded
	at   int    // of the rarest byte
}

func newFinder(part []byte, p *picture) *finder {
	f := &finder{part: part}
	var often [256]int
	step := len(p.leaves)*groupSize/64 + 1
	for n := 0; n < len(p.leaves)*groupSize; n += step { // leaves here and there
		if l := p.leaves.at(uint32(n)); l != nil {
			for _, c := range l.text {
				often[c]++
			}
		}
	}
	for i, c := range part {
		if often[c] < often[part[f.at]] {
			f.at = i
		}
	}
	return f
}

// in returns which of some places of a leaf have a name that holds the part.
func (f *finder) in(l *leaf, among uint64) (found uint64) {
	if bytes.IndexByte(f.part, nameEnd) >= 0 {
		return 0 // it would be found across names
	}
	rest, end := l.live, 0 // the names not yet passed, and where those passed end
	i := 0
	for at := f.at; at < len(l.text); {
		hit := bytes.IndexByte(l.text[at:], f.part[f.at])
		if hit < 0 {
			break
		}
		begin := at + hit - f.at
		if !bytes.HasPrefix(l.text[begin:], f.part) {
			at += hit + 1
			continue
		}
		for ; end <= begin; rest &= rest - 1 {
			i = bits.TrailingZeros64(rest)
			end = int(l.meta[i].fold>>12+l.meta[i].fold&0xfff) + 1
		}
		found |= 1 << i
		at = end + f.at
	}
	return found & among
}
