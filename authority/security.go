package authority

import (
	"context"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// SetSecurity replaces the security policies and brings all existing system
// tokens under them. They bind from the moment their change is committed,
// also for tokens that the sweep has not reached; SetSecurity returns when
// every token is done. If ctx ends first it returns early with Unavailable,
// and the sweep goes on.
//
// It refuses with Conflict while an earlier change is still under way, and a
// change that would shut out by's own token; with Invalid what no policy can
// be; with Forbidden what by may not. It is safe for concurrent use.
func (a *Authority) SetSecurity(ctx context.Context, by Caller, c policy.Change) (policy.Policies, error) {
	var next policy.Policies
	err := a.command(ctx, by, func(t *tx) error {
		if err := t.by.May(policy.AdministerSecurity()...); err != nil {
			return err
		}
		var err error
		if next, err = t.allowed(c, a.index); err != nil {
			return err
		}
		if err := t.beginSweep(next, a.index.Len()); err != nil {
			return err
		}
		if err := t.rows.Policies.Put(t, rows.PoliciesKey, next); err != nil {
			return err
		}
		return t.record(audit.PolicyChanged, token.Token{}, describedPolicies(next))
	}, store.UseReserve)
	if err != nil {
		return policy.Policies{}, err
	}
	if err := a.sweeper.Do(ctx); err != nil {
		return policy.Policies{}, fault.New(fault.Unavailable, "The policies were set and bind from now on, but not every existing token has been brought under them yet. That goes on by itself; do not repeat the change.")
	}
	return next, nil
}

// allowed returns the policies after c, or why they cannot be.
func (t *tx) allowed(c policy.Change, filters policy.Filters) (policy.Policies, error) {
	_, busy, err := t.rows.Sweep.Get(t, rows.SweepKey)
	if err != nil {
		return policy.Policies{}, err
	}
	if busy {
		return policy.Policies{}, fault.New(fault.Conflict, "An earlier change of the security policies is still being carried through. Try again when it is done.")
	}
	next, err := c.Apply(t.policies)
	if err != nil {
		return policy.Policies{}, err
	}
	for _, k := range next.Kinds() {
		if err := t.knowsFilter(policy.Input(k.Name, policy.FilterPart), k.FilterID); err != nil {
			return policy.Policies{}, err
		}
	}
	return next, policy.Set(t.by, t.own, t.policies, next, filters, t.now)
}

// Impact is what a change of the policies would do with the existing tokens.
type Impact struct {
	Deleted, Capped, Refiltered, Unchanged int
	Tokens                                 []Affected // one page, by name
}

// Affected is a token that would not stay as it is.
type Affected struct {
	Before  TokenView
	Verdict policy.Verdict
	After   TokenView // nothing if the verdict is Delete
}

// Impact returns what SetSecurity would do with c, by the same judgment, and
// refuses what it would refuse. It changes nothing.
func (a *Authority) Impact(ctx context.Context, by policy.Actor, c policy.Change, skip, limit int) (Impact, error) {
	if err := policy.Page(skip, limit); err != nil {
		return Impact{}, err
	}
	now := a.clock()
	var rule policy.Security
	err := a.store.View(ctx, func(r store.Reader) error {
		t, err := a.begin(readOnly{r}, Caller{Actor: by}, now)
		if err != nil {
			return err
		}
		if err := t.by.May(policy.AdministerSecurity()...); err != nil {
			return err
		}
		next, err := t.allowed(c, a.index)
		rule = next.System.Since(t.policies.System)
		return err
	})
	if err != nil {
		return Impact{}, a.explain(ctx, err)
	}
	a.noteRead(by, impactRead)
	out := Impact{Tokens: []Affected{}}
	for e := range a.index.ByName() {
		after, verdict := rule.Judge(e.Token(), now)
		if n := out.count(verdict); verdict != policy.Keep && n > skip && n <= skip+limit {
			out.Tokens = append(out.Tokens, Affected{a.view(e, now), verdict, a.viewOf(after, e, now)})
		}
	}
	return out, nil
}

// count adds one token and returns how many are affected so far.
func (i *Impact) count(v policy.Verdict) int {
	switch v {
	case policy.Delete:
		i.Deleted++
	case policy.Cap:
		i.Capped++
	case policy.Refilter:
		i.Refiltered++
	default:
		i.Unchanged++
	}
	return i.Deleted + i.Capped + i.Refiltered
}

// readOnly lets a decision be tried in a transaction that cannot write.
type readOnly struct{ store.Reader }

// Put implements store.Writer.
func (readOnly) Put(store.Table, []byte, []byte) error { return errReadOnly }

// Delete implements store.Writer.
func (readOnly) Delete(store.Table, []byte) error { return errReadOnly }

// auditPrefix returns how the audit log's fields about a kind of token begin, as in LogScale.
func auditPrefix(kind string) string {
	switch kind {
	case policy.KindPersonal:
		return "personalUserTokens"
	case policy.KindView:
		return "viewPermissionTokens"
	case policy.KindOrganization:
		return "organizationPermissionTokens"
	default:
		return "systemPermissionTokens"
	}
}

// describedPolicies lists the policies under LogScale's names.
func describedPolicies(p policy.Policies) []audit.Field {
	enabled, updates := []string{}, []string{}
	var fields []audit.Field
	for _, k := range p.Kinds() {
		if k.Enabled {
			enabled = append(enabled, auditPrefix(k.Name))
		}
		if k.AllowUpdates {
			updates = append(updates, auditPrefix(k.Name))
		}
		if k.MaxAgeMs != 0 {
			fields = append(fields, audit.One(auditPrefix(k.Name)+"EnforceExpirationAfterMs", strconv.FormatInt(k.MaxAgeMs, 10)))
		}
		if k.FilterID != "" {
			fields = append(fields, audit.One(auditPrefix(k.Name)+"EnforceIpFilterId", string(k.FilterID)))
		}
	}
	return append([]audit.Field{audit.Many("enabledTokens", enabled), audit.Many("permissionUpdates", updates)}, fields...)
}
