package authority

import (
	"context"
	"errors"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/effects"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// SetSecurity replaces the security policies. From the moment that is committed they bind every
// existing system token: what the change did to each is on record with it, and nothing is left to
// be done when SetSecurity returns.
//
// After 64 changes that tighten, within a minute or so, it first waits until those are brought into
// the rows of tokens. It refuses with Conflict a change that would shut out by's own token, and one
// that comes while others have used up that room again; with Invalid what no policy can be; with
// Forbidden what by may not. It is safe for concurrent use.
func (a *Authority) SetSecurity(ctx context.Context, by Caller, c policy.Change) (policy.Policies, error) {
	if err := a.makeRoom(ctx, by.Actor); err != nil {
		return policy.Policies{}, a.explain(ctx, err)
	}
	var next policy.Policies
	// The transaction is the first of its batch: the index is then what the store holds, so that it
	// can be counted instead of all rows.
	err := a.command(ctx, by, func(t *tx) error {
		if err := t.by.May(policy.AdministerSecurity()...); err != nil {
			return err
		}
		var err error
		if next, err = t.allowed(t.rows.History.Policies, c, a.index); err != nil {
			return err
		}
		return t.setPolicies(next, a.index)
	}, store.First, store.UseReserve, store.Everywhere)
	return next, err
}

// makeRoom brings all rows up to date if the history of the policies is full, so that the next
// change need not be refused: with few tokens that takes no time, with a million some minutes.
func (a *Authority) makeRoom(ctx context.Context, by policy.Actor) error {
	if !a.index.History().Full() || by.May(policy.AdministerSecurity()...) != nil {
		return nil
	}
	return a.upkeep.Mend(ctx)
}

// setPolicies writes the policies, the entry of the change, and what it did to each token.
func (t *tx) setPolicies(next policy.Policies, x *index.Index) error {
	h, rule, err := t.rows.History.Set(next, t.by, t.now)
	if err != nil {
		return err
	}
	fields := describedPolicies(next)
	var pieces []audit.Piece
	if rule.Touches() {
		var did audit.Tightened
		if did, pieces, err = effects.Tighten(rule, t.now, x.ByNumber()); err != nil {
			return err
		}
		fields = append(fields, did.Fields()...)
	}
	if err := t.rows.Policies.Put(t, rows.PoliciesKey, h); err != nil {
		return err
	}
	return t.ledger.AppendChange(t, t.entry(audit.PolicyChanged, token.Token{}, fields), pieces)
}

// allowed returns what policies become by c, or why they cannot.
func (t *tx) allowed(old policy.Policies, c policy.Change, filters policy.Filters) (policy.Policies, error) {
	next, err := c.Apply(old)
	if err != nil {
		return policy.Policies{}, err
	}
	for _, k := range next.Kinds() {
		if err := t.knowsFilter(policy.Input(k.Name, policy.FilterPart), k.FilterID); err != nil {
			return policy.Policies{}, err
		}
	}
	return next, policy.Set(t.by, t.own, old, next, filters, t.now)
}

// Impact is what a change of the policies would do with the existing tokens.
type Impact struct {
	effects.Counts
	Tokens []Affected // one page, by name
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
	h, tokens := a.index.Look() // policies and tokens of one moment
	next, err := try(ctx, a, by, now, func(t *tx) (policy.Policies, error) {
		if err := t.by.May(policy.AdministerSecurity()...); err != nil {
			return policy.Policies{}, err
		}
		return t.allowed(h.Policies, c, a.index)
	})
	if err != nil {
		return Impact{}, err
	}
	a.noteRead(by, impactRead)
	counts, page := effects.Policies(next.System.Since(h.System), tokens, now, skip, limit)
	out := Impact{counts, make([]Affected, len(page))}
	for i, t := range page {
		out.Tokens[i] = Affected{a.view(t.Entry, now), t.Verdict, a.viewOf(t.After, t.Entry, now)}
	}
	return out, nil
}

// try makes a decision of by in a transaction that cannot write, and returns what it would be.
func try[T any](ctx context.Context, a *Authority, by policy.Actor, now epoch.Millis, decide func(*tx) (T, error)) (out T, err error) {
	err = a.store.View(ctx, func(r store.Reader) error {
		t, err := a.begin(readOnly{r}, Caller{Actor: by}, now)
		if err != nil {
			return err
		}
		out, err = decide(t)
		return err
	})
	return out, a.explain(ctx, err)
}

var errReadOnly = errors.New("a trial cannot write")

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
