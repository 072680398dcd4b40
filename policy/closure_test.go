package policy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// No escalation, as a law: somebody who holds some tokens, and does with them
// whatever the rules allow in whatever order, never comes to a right that
// those tokens did not have when it began.

// A right is one permission, from one place, at one moment.
type right struct {
	permission permission.Permission
	from       netip.Addr
	at         epoch.Millis
}

// horizon lies after every expiry that is drawn, so that a token without end
// has rights there which no other has.
const horizon = noon + 16

// A thief holds tokens, and is shown the string of each that they issue.
type thief struct {
	known  book
	now    epoch.Millis
	policy Security
	tokens []token.Token
	had    map[right]bool // when it began
	placed bool           // whether it matters where a right can be used
}

// anyLoot is a token that can be used for a while.
var anyLoot = rapid.Custom(func(t *rapid.T) token.Token {
	loot := anyToken.Draw(t, "loot")
	loot.Permissions &= permission.Of(tokens, cluster, patch, health)
	if rapid.Bool().Draw(t, "administers tokens") {
		loot.Permissions |= permission.Of(tokens)
	}
	return loot
})

func newThief(t *rapid.T, known book, most int) *thief {
	h := &thief{known: known, now: noon, placed: true}
	h.policy = anyPolicy.Draw(t, "policy")
	h.policy.Enabled = true
	for _, loot := range rapid.SliceOfN(anyLoot, 1, most).Draw(t, "tokens") {
		if loot, verdict := h.policy.Judge(loot, h.now); verdict != Delete {
			h.take(loot)
		}
	}
	if len(h.tokens) == 0 {
		t.Skip("no token lives under the policy")
	}
	return h
}

// rights returns what the thief can do with its tokens from now on.
func (h *thief) rights() map[right]bool {
	all, policy := map[right]bool{}, h.policy
	for _, tok := range h.tokens {
		if !h.placed {
			policy.FilterID, tok.FilterID = "", ""
		}
		for at := h.now; at < horizon; at++ {
			for _, from := range places {
				by, outcome := policy.Usable(tok, h.known, from, at)
				if outcome != Accepted {
					continue
				}
				for p := range by.Permissions.Each() {
					all[right{p, from, at}] = true
				}
			}
		}
	}
	return all
}

// act draws a token and a place from which it works now.
func (h *thief) act(t *rapid.T) (by Actor, own token.Token, ok bool) {
	own = rapid.SampledFrom(h.tokens).Draw(t, "own")
	from := anyPlace.Draw(t, "from")
	by, outcome := h.policy.Usable(own, h.known, from, h.now)
	by.IP = from
	return by, own, outcome == Accepted
}

func (h *thief) take(loot token.Token) {
	loot.ID = token.ID(fmt.Sprint("t", len(h.tokens)))
	h.tokens = append(h.tokens, loot)
}

func (h *thief) Admit(t *rapid.T) {
	by, _, ok := h.act(t)
	d := anyDraft.Draw(t, "draft")
	if rapid.Bool().Draw(t, "like its own") {
		d.Permissions, d.FilterID = d.Permissions&by.Permissions, by.FilterID
	}
	if got, err := h.policy.Admit(by, d, h.now); ok && err == nil {
		h.take(got)
	}
}

// victim draws the place of a token in tokens; a thief may also rotate and
// regrant tokens that it does not hold, here drawn anew and held by nobody.
func (h *thief) victim(t *rapid.T) (tok token.Token, index int) {
	if rapid.Bool().Draw(t, "of somebody else") {
		tok = anyLoot.Draw(t, "victim")
		tok.ID = "victim"
		return tok, -1
	}
	index = rapid.IntRange(0, len(h.tokens)-1).Draw(t, "victim")
	return h.tokens[index], index
}

func (h *thief) Rotate(t *rapid.T) {
	by, _, ok := h.act(t)
	tok, i := h.victim(t)
	next, err := Rotate(by, tok, h.now)
	if !ok || err != nil {
		return
	}
	h.take(next)
	if i >= 0 {
		h.tokens[i] = InGrace(tok, h.tokens[len(h.tokens)-1].ID, time.Duration(rapid.IntRange(0, 20).Draw(t, "grace"))*time.Millisecond, h.now)
	}
}

func (h *thief) Regrant(t *rapid.T) {
	by, _, ok := h.act(t)
	i := rapid.IntRange(0, len(h.tokens)-1).Draw(t, "victim")
	to := anySet.Draw(t, "to")
	if rapid.Bool().Draw(t, "of what it holds") {
		to = to&by.Permissions | h.tokens[i].Permissions
	}
	if got, err := h.policy.Regrant(by, h.tokens[i], to, h.now); ok && err == nil {
		h.tokens[i] = got
	}
}

func (h *thief) PassTime(*rapid.T) { h.now++ }

// SetPolicy is what ManageCluster opens. It rewrites all tokens at once; the
// other models show that folding them later is the same.
func (h *thief) SetPolicy(t *rapid.T) {
	by, own, ok := h.act(t)
	next := anyPolicy.Draw(t, "next")
	if rapid.Bool().Draw(t, "its own filter") {
		next.FilterID = by.FilterID
	}
	if !ok || Set(by, own, policies(h.policy), policies(next), h.known, h.now) != nil {
		return
	}
	rule := next.Since(h.policy)
	h.policy = next
	kept := h.tokens[:0]
	for _, tok := range h.tokens {
		if tok, verdict := rule.Judge(tok, h.now); verdict != Delete {
			kept = append(kept, tok)
		}
	}
	h.tokens = kept
}

// EditFilter is what ManageCluster opens as well.
func (h *thief) EditFilter(t *rapid.T) {
	by, _, ok := h.act(t)
	id := rapid.SampledFrom([]ipfilter.ID{"office", "plant", "site"}).Draw(t, "edited")
	text := rapid.SampledFrom([]string{"allow all", "deny all", "allow 10.0.0.0/8"}).Draw(t, "text")
	if !ok || by.May(AdministerSecurity()...) != nil || by.MayEditFilter(id) != nil {
		return
	}
	rules, err := FilterText("ipFilter", text)
	if err != nil {
		t.Fatal(err)
	}
	h.known[id] = rules
}

func (h *thief) check(t *rapid.T) {
	for r := range h.rights() {
		if !h.had[r] {
			t.Fatalf("now it has %s from %s at noon%+d\npolicy %+v\ntokens %+v", r.permission, r.from, r.at-noon, h.policy, h.tokens)
		}
	}
}

// steal lets the thief do what it likes, and looks at its rights after each step.
func (h *thief) steal(t *rapid.T, more map[string]func(*rapid.T)) {
	h.had = h.rights()
	steps := map[string]func(*rapid.T){
		"admit": h.Admit, "rotate": h.Rotate, "regrant": h.Regrant, "pass time": h.PassTime, "": h.check,
	}
	for name, step := range more {
		steps[name] = step
	}
	t.Repeat(steps)
}

func TestNoEscalation_FromAnyTokensNoRightIsEverGainedByIssuing(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		newThief(t, known, 4).steal(t, nil)
	})
}

func TestNoEscalation_FromOneTokenNoRightIsEverGainedByPoliciesAndFiltersEither(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newThief(rt, filters(t), 1)
		h.steal(rt, map[string]func(*rapid.T){"set policy": h.SetPolicy, "edit filter": h.EditFilter})
	})
}

// Who manages the cluster decides on the filters of others, so of several
// tokens one may move another to a place. What they may do, and how long, stays.
func TestNoEscalation_FromAnyTokensNoPermissionOrTimeIsEverGained(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newThief(rt, filters(t), 4)
		h.placed = false
		h.steal(rt, map[string]func(*rapid.T){"set policy": h.SetPolicy, "edit filter": h.EditFilter})
	})
}
