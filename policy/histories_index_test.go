package policy_test

import (
	"fmt"
	"net/netip"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

var (
	home  = netip.MustParseAddr("10.0.0.1")
	addrs = []netip.Addr{home, netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::1")}
)

// A listed is a token in an index, folded.
type listed struct {
	place
	token token.Token
}

// An index is one node's picture: all that lives and is not hidden, folded.
type index struct {
	bug     trap
	history policy.History
	filters map[ipfilter.ID]string
	at      map[place]listed
	byID    map[token.ID]listed
	damaged []string
}

// load is a start: what one snapshot holds and nothing else.
func load(w *world, now epoch.Millis) *index {
	x := &index{bug: w.bug, history: w.history, filters: map[ipfilter.ID]string{}, at: map[place]listed{}, byID: map[token.ID]listed{}}
	for id, text := range w.filters {
		x.filters[id] = text
	}
	for p, r := range w.rows {
		x.set(w.eager, p, r, now)
	}
	return x
}

func (x *index) set(eager bool, p place, r row, now epoch.Millis) {
	x.clear(p)
	v, alive, known := (&world{eager: eager, bug: x.bug, history: x.history}).fold(r, now)
	if x.bug == loadRaw && !eager {
		v, alive, known = r.token, true, true
	}
	if !known {
		x.damaged = append(x.damaged, fmt.Sprintf("%+v", r))
	}
	if known && alive && !v.Hidden() {
		x.at[p] = listed{p, v}
		x.byID[v.ID] = x.at[p]
	}
}

func (x *index) clear(p place) {
	if e, ok := x.at[p]; ok {
		if x.byID[e.token.ID].place == p {
			delete(x.byID, e.token.ID)
		}
		delete(x.at, p)
	}
}

// follow brings one commit in.
func (x *index) follow(eager bool, feed []change, now epoch.Millis) {
	for _, c := range feed {
		switch {
		case c.place != nil && c.row == nil:
			x.clear(*c.place)
		case c.place != nil:
			x.set(eager, *c.place, *c.row, now)
		case c.history != nil:
			x.setHistory(*c.history)
		case c.text == nil:
			delete(x.filters, c.filter)
		default:
			x.filters[c.filter] = *c.text
		}
	}
}

func (x *index) setHistory(h policy.History) {
	newer := h.Newest > x.history.Newest || x.bug == numberFromTable && len(h.Past) > len(x.history.Past)
	x.history = h
	if !newer {
		return
	}
	last := h.Past[len(h.Past)-1]
	for p, e := range x.at {
		x.clear(p)
		if v, verdict := last.Rule.Judge(e.token, last.At); verdict != policy.Delete {
			x.at[p] = listed{p, v}
			x.byID[v.ID] = x.at[p]
		}
	}
}

func (x *index) accepts(id token.ID, from netip.Addr, now epoch.Millis) (policy.Actor, policy.Outcome) {
	return x.history.System.Usable(x.byID[id].token, rules(x.filters), from, now)
}
