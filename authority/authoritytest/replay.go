package authoritytest

import (
	"slices"
	"strconv"
	"strings"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// A told is a State as an audit log tells it, which says nothing of secrets
// and of last uses.
type told struct {
	Tokens   map[token.ID]token.Token
	Filters  map[ipfilter.ID]ipfilter.Filter
	Policies policy.Policies
	Hidden   map[token.ID]token.Token // while it is replayed
	Numbers  token.Number             // given so far
}

// shown reduces a State to what an audit log tells.
func shown(s State) told {
	t := told{Tokens: map[token.ID]token.Token{}, Filters: s.Filters, Policies: s.Policies}
	for id, v := range s.Tokens {
		t.Tokens[id] = v.Token
	}
	return t
}

// replay does again what the audit log tells, which comes newest first.
func replay(h *House, trail []audit.Entry) told {
	h.tb.Helper()
	t := told{Tokens: map[token.ID]token.Token{}, Filters: map[ipfilter.ID]ipfilter.Filter{}, Policies: policy.Fresh(), Hidden: map[token.ID]token.Token{}}
	for _, e := range slices.Backward(trail) {
		if e.Refused != "" {
			continue
		}
		if why := t.step(fieldsOf(e)); why != "" {
			h.tb.Errorf("the audit log cannot be: %s: %s", why, Describe(e))
		}
	}
	t.Hidden, t.Numbers = nil, 0
	return t
}

// An event is an entry with its details by name.
type event struct {
	audit.Entry
	one  map[string]string
	many map[string][]string
}

func fieldsOf(e audit.Entry) event {
	v := event{e, map[string]string{}, map[string][]string{}}
	for _, f := range e.Fields {
		if f.List != nil {
			v.many[f.Name] = f.List
		} else {
			v.one[f.Name] = f.Value
		}
	}
	return v
}

func (e event) expiry(name string) epoch.Millis {
	ms, _ := strconv.ParseInt(e.one[name], 10, 64) // nothing is never
	return epoch.Millis(ms)
}

func (e event) permissions(name string) permission.Set {
	var s permission.Set
	for _, n := range e.many[name] {
		p, _ := permission.Parse(n)
		s |= permission.Of(p)
	}
	return s
}

// step does again what one entry tells, and returns why that cannot be.
func (t *told) step(e event) string {
	switch e.Type {
	case audit.TokenChanged:
		return t.token(e)
	case audit.TokenRotated:
		return t.rotate(e)
	case audit.TokenExpired:
		v, ok := t.Tokens[token.ID(e.TokenID)]
		if !ok || v.ExpireAt == 0 || v.ExpireAt+300_000 > e.Time {
			return "that token had not been expired for 5 minutes"
		}
		delete(t.Tokens, v.ID)
		t.Hidden[v.ID] = v
	case audit.ClockAccepted:
		if v, ok := t.Hidden[token.ID(e.TokenID)]; ok {
			t.Tokens[v.ID] = e.described(v)
		}
	case audit.TokenExpiring:
		return t.warned(e)
	case audit.FilterChanged:
		return t.filter(e)
	case audit.PolicyChanged:
		t.setPolicies(e)
	}
	return ""
}

// warned does again that a token was told to expire soon.
func (t *told) warned(e event) string {
	v, ok := t.Tokens[token.ID(e.TokenID)]
	days, _ := strconv.ParseUint(e.one["withinDays"], 10, 8)
	within := epoch.Millis(days) * 86_400_000
	switch {
	case !ok || v.ReplacedBy != "" || v.ExpireAt == 0 || e.expiry("expireAt") != v.ExpireAt:
		return "that token does not expire then"
	case v.ToldDays != 0 && uint64(v.ToldDays) <= days:
		return "that was told already"
	case v.ExpireAt-v.CreatedAt <= within:
		return "the whole life of that token is no longer"
	}
	v.ToldDays = uint8(days)
	t.Tokens[v.ID] = v
	return ""
}

// token tells the five kinds of change of one token apart by what they list.
func (t *told) token(e event) string {
	id := token.ID(e.TokenID)
	v, exists := t.Tokens[id]
	_, old := e.many["oldPermissions"]
	_, now := e.many["newPermissions"]
	_, noted := e.one["newNote"]
	switch {
	case exists == (now && !old):
		return "that token should be there, or should not"
	case now && !old && token.Number(e.Number) <= t.Numbers:
		return "that number was given before"
	case exists && token.Number(e.Number) != v.Number:
		return "that token has another number"
	case now && !old: // made
		t.Numbers = token.Number(e.Number)
		t.Tokens[id] = e.described(token.Token{Number: t.Numbers, ID: id, CreatedAt: e.Time, IssuedAt: e.Time, CreatedBy: token.ID(e.Actor.TokenID), Maker: t.Tokens[token.ID(e.Actor.TokenID)].Number})
	case old && e.permissions("oldPermissions") != v.Permissions:
		return "that token had other permissions"
	case old && now:
		v.Permissions = e.permissions("newPermissions")
		t.Tokens[id] = v
	case old: // gone
		delete(t.Tokens, id)
	case noted:
		if e.one["oldNote"] != v.Note {
			return "that token had another note"
		}
		v.Note = e.one["newNote"]
		t.Tokens[id] = v
	default: // brought under a policy
		if f, ok := e.one["ipFilterId"]; ok {
			v.FilterID = ipfilter.ID(f)
		}
		if _, ok := e.one["expireAt"]; ok {
			v.ExpireAt = e.expiry("expireAt")
		}
		t.Tokens[id] = v
	}
	return ""
}

// described fills in what the entry of a new token lists.
func (e event) described(v token.Token) token.Token {
	v.Name, v.Note, v.Permissions = e.one["tokenName"], e.one["note"], e.permissions("newPermissions")
	v.FilterID, v.ExpireAt = ipfilter.ID(e.one["ipFilterId"]), e.expiry("expireAt")
	return v
}

func (t *told) rotate(e event) string {
	id := token.ID(e.one["oldTokenId"])
	old, ok := t.Tokens[id]
	if !ok {
		return "that token was not there"
	}
	if token.Number(e.Number) != old.Number {
		return "rotation has changed the number"
	}
	next := e.described(token.Token{Number: token.Number(e.Number), ID: token.ID(e.one["newTokenId"]), CreatedAt: old.CreatedAt, IssuedAt: e.Time, CreatedBy: old.CreatedBy, Maker: old.Maker, ToldDays: old.ToldDays})
	t.Tokens[next.ID] = next
	if e.one["gracePeriodMs"] == "0" {
		delete(t.Tokens, id)
		return ""
	}
	old.ReplacedBy, old.ExpireAt = next.ID, e.expiry("oldExpireAt")
	t.Tokens[id] = old
	return ""
}

func (t *told) filter(e event) string {
	f := ipfilter.Filter{ID: ipfilter.ID(e.one["ipFilterId"]), Name: e.one["ipFilterName"], Text: e.one["actionData"]}
	_, exists := t.Filters[f.ID]
	if exists == strings.HasPrefix(e.Action, "create") {
		return "that filter should be there, or should not"
	}
	t.Filters[f.ID] = f
	if strings.HasPrefix(e.Action, "delete") {
		delete(t.Filters, f.ID)
	}
	return ""
}

func (t *told) setPolicies(e event) {
	kind := func(prefix string) policy.Security {
		ms, _ := strconv.ParseInt(e.one[prefix+"EnforceExpirationAfterMs"], 10, 64)
		return policy.Security{
			Enabled:      slices.Contains(e.many["enabledTokens"], prefix),
			MaxAgeMs:     ms,
			FilterID:     ipfilter.ID(e.one[prefix+"EnforceIpFilterId"]),
			AllowUpdates: slices.Contains(e.many["permissionUpdates"], prefix),
		}
	}
	t.Policies = policy.Policies{
		System: kind("systemPermissionTokens"), Organization: kind("organizationPermissionTokens"),
		View: kind("viewPermissionTokens"), Personal: kind("personalUserTokens"),
	}
}
