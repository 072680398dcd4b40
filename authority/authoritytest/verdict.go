package authoritytest

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// A State is all that clients can see of a House, apart from the audit log.
type State struct {
	Tokens   map[token.ID]authority.TokenView
	Filters  map[ipfilter.ID]ipfilter.Filter
	Policies policy.Policies
}

// State returns what the House shows.
func (h *House) State() State {
	h.tb.Helper()
	s := State{Tokens: map[token.ID]authority.TokenView{}, Filters: map[ipfilter.ID]ipfilter.Filter{}}
	for _, v := range h.All() {
		v.Digest, v.DigestKey, v.Replaces = token.Digest{}, 0, "" // nobody sees them
		s.Tokens[v.ID] = v
	}
	filters, err := h.Filters(Root(), "", 0, nil)
	h.must(err)
	for _, f := range filters {
		f.Request = "" // nor that
		s.Filters[f.ID] = f
	}
	s.Policies, err = h.Policies(Root())
	h.must(err)
	return s
}

// All returns all tokens, by name.
func (h *House) All() []authority.TokenView {
	h.tb.Helper()
	var all []authority.TokenView
	for {
		page, err := h.Tokens(Root(), token.Query{Skip: len(all), Limit: policy.MaxPage})
		h.must(err)
		if all = append(all, page.Tokens...); !page.More {
			return all
		}
	}
}

func (h *House) must(err error) {
	h.tb.Helper()
	if err != nil {
		h.tb.Fatal(err)
	}
}

// Verdict fails the test unless the House is as it says: every row is sound;
// the audit log alone tells every token, filter and policy; every refused
// command has its entry and no bad input has one; and after a restart all is
// as it was before.
func (h *House) Verdict() {
	h.tb.Helper()
	if err := h.Check(context.Background()); err != nil {
		h.tb.Errorf("the store is not sound: %v", err)
	}
	state, trail := h.State(), h.Trail()
	diff(h, "the state, as the audit log tells it", replay(h, trail), shown(state))
	h.refusals(trail)
	h.Reopen()
	diff(h, "the state after a restart", h.State(), state)
}

func diff(h *House, what string, got, want any) {
	h.tb.Helper()
	same := cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmpopts.EquateEmpty()}
	if d := cmp.Diff(got, want, same); d != "" {
		h.tb.Errorf("%s (-got +want):\n%s", what, d)
	}
}

// refusals compares the refused commands with their entries. What a
// directive in front refuses has entries too, so there may be more.
func (h *House) refusals(trail []audit.Entry) {
	h.tb.Helper()
	got := map[string]uint64{}
	for _, e := range trail {
		if e.Refused == "" {
			continue
		}
		got[e.Action] += counted(e)
		if strings.Contains(e.Refused, fault.InputMessage) {
			h.tb.Errorf("an input that could never be is in the audit log: %+v", e)
		}
	}
	for action, n := range h.refusedCommands() {
		if got[action] < n {
			h.tb.Errorf("%s was refused %d times and has %d entries", action, n, got[action])
		}
	}
}

// counted returns how many refused changes an entry tells of.
func counted(e audit.Entry) uint64 {
	if n, err := strconv.ParseUint(fieldsOf(e).one["count"], 10, 64); err == nil {
		return n
	}
	return 1
}

func (h *House) refusedCommands() map[string]uint64 {
	want := map[string]uint64{}
	for _, counts := range []map[authority.CommandCount]uint64{h.refused, h.Stats().Commands} {
		for k, n := range counts {
			switch fault.Code(k.Result) {
			case fault.Forbidden, fault.NotFound, fault.Conflict, fault.Unauthenticated:
				want[k.Action] += n
			}
		}
	}
	return want
}

// Describe writes an entry for a person who reads a failing test.
func Describe(e audit.Entry) string {
	return fmt.Sprintf("%d %s %s by %s about %s: %v %s", e.Seq, e.Type, e.Action, e.Actor.TokenID, e.TokenID, e.Fields, e.Refused)
}
