package graph

import (
	"cmp"
	"slices"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/graph/model"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// This file gives the inputs of the schema the shape of the domain. Null and
// absent mean the same everywhere.

// The page a list shows when nothing else is asked, as in LogScale.
const (
	defaultSkip  = 0
	defaultLimit = 50
)

func draft(name string, permissions []permission.Permission, filter *string, expireAt *int64) policy.Draft {
	return policy.Draft{
		Name:        name,
		Permissions: permission.Of(permissions...),
		FilterID:    filterOf(filter),
		Expiry:      policy.Expiry{At: as[epoch.Millis](expireAt)},
	}
}

// noFilter is the id of no filter, and not empty.
const noFilter ipfilter.ID = "-"

// filterOf returns the filter that is asked for. An empty id is no absence:
// whoever sends one meant a filter, and would get a token that works from
// everywhere. It is looked for and not found, like any other wrong id.
func filterOf(p *string) ipfilter.ID {
	switch {
	case p == nil:
		return ""
	case *p == "":
		return noFilter
	}
	return ipfilter.ID(*p)
}

func systemTokenDraft(in model.CreateSystemTokenInput) policy.Draft {
	d := draft(in.Name, in.Permissions, in.IPFilterID, in.ExpireAt)
	d.Note = given(in.Note, "")
	if in.ExpiresIn != nil {
		d.Expiry.In = &policy.Span{Amount: int64(in.ExpiresIn.Amount), Unit: unit(in.ExpiresIn.Unit)}
	}
	return d
}

func unit(u model.ExpirationUnit) policy.Unit {
	switch u {
	case model.ExpirationUnitDays:
		return policy.Days
	case model.ExpirationUnitHours:
		return policy.Hours
	default:
		return policy.Minutes
	}
}

// as returns an optional number as another type of number.
func as[To, From ~int64](p *From) *To {
	if p == nil {
		return nil
	}
	v := To(*p)
	return &v
}

func filterID(p *string) *ipfilter.ID {
	if p == nil {
		return nil
	}
	id := ipfilter.ID(*p)
	return &id
}

func tokenQuery(search *string, sortBy model.TokensSortBy, orderBy *model.OrderBy, skip, limit *int) token.Query {
	return token.Query{
		Search:     given(search, ""),
		Order:      orderOf(sortBy),
		Descending: given(orderBy, model.OrderByAsc) == model.OrderByDesc,
		Skip:       given(skip, defaultSkip),
		Limit:      given(limit, defaultLimit),
	}
}

func orderOf(s model.TokensSortBy) token.Order {
	switch s {
	case model.TokensSortByExpirationDate:
		return token.ByExpiry
	case model.TokensSortByCreatedAt:
		return token.ByCreation
	case model.TokensSortByLastUsedAt:
		return token.ByLastUse
	case model.TokensSortByEndedAt:
		return token.ByEnd
	case model.TokensSortByLastTriedAt:
		return token.ByLastTry
	default:
		return token.ByName
	}
}

func statesOf(states []model.SystemTokenState) []token.State {
	out := make([]token.State, len(states))
	for i, s := range states {
		switch s {
		case model.SystemTokenStateExpired:
			out[i] = token.Expired
		case model.SystemTokenStateInGracePeriod:
			out[i] = token.InGrace
		case model.SystemTokenStateEnded:
			out[i] = token.Ended
		default:
			out[i] = token.Active
		}
	}
	return out
}

// filterIDs returns ids of IP filters.
func filterIDs(ids []string) []ipfilter.ID {
	out := make([]ipfilter.ID, len(ids))
	for i, id := range ids {
		out[i] = ipfilter.ID(id)
	}
	return out
}

// tokenIDs returns ids of tokens.
func tokenIDs(ids []string) []token.ID {
	out := make([]token.ID, len(ids))
	for i, id := range ids {
		out[i] = token.ID(id)
	}
	return out
}

// nobody is the id of no token, and not empty.
const nobody token.ID = "-"

// makersOf returns by whom tokens are to have been made: by one, or by any. An empty id is no
// absence: there is nobody who has it.
func makersOf(one *string, any []string) []token.ID {
	if one != nil {
		any = append(any, *one)
	}
	ids := tokenIDs(any)
	for i, id := range ids {
		ids[i] = cmp.Or(id, nobody)
	}
	return ids
}

// mayHoldSystemTokens reports whether a list of tokens with these filters can
// hold any that exist here.
func mayHoldSystemTokens(kinds []model.TokensType, parents []string) bool {
	return len(parents) == 0 && (len(kinds) == 0 || slices.Contains(kinds, model.TokensTypeSystemPermissionToken))
}

func policyChange(in model.TokenSecurityPoliciesInput) policy.Change {
	return policy.Change{
		Personal: policy.KindChange{
			Enabled:  in.PersonalUserTokensEnabled,
			MaxAgeMs: in.PersonalUserTokensEnforceExpirationAfterMs,
			FilterID: filterID(in.PersonalUserTokensEnforceIPFilterID),
		},
		View: policy.KindChange{
			Enabled:      in.ViewPermissionTokensEnabled,
			MaxAgeMs:     in.ViewPermissionTokensEnforceExpirationAfterMs,
			FilterID:     filterID(in.ViewPermissionTokensEnforceIPFilterID),
			AllowUpdates: in.ViewPermissionTokensAllowPermissionUpdates,
		},
		Organization: policy.KindChange{
			Enabled:      in.OrganizationPermissionTokensEnabled,
			MaxAgeMs:     in.OrganizationPermissionTokensEnforceExpirationAfterMs,
			FilterID:     filterID(in.OrganizationPermissionTokensEnforceIPFilterID),
			AllowUpdates: in.OrganizationPermissionTokensAllowPermissionUpdates,
		},
		System: policy.SystemChange{
			Enabled:      in.SystemPermissionTokensEnabled,
			MaxAgeMs:     in.SystemPermissionTokensEnforceExpirationAfterMs,
			FilterID:     filterID(in.SystemPermissionTokensEnforceIPFilterID),
			AllowUpdates: in.SystemPermissionTokensAllowPermissionUpdates,
		},
	}
}

func eventQuery(types, actions []string, actor, tokenID *string, since, until *int64, skip, limit *int) audit.Query {
	q := audit.Query{
		Actions: actions,
		Actor:   given(actor, ""),
		TokenID: given(tokenID, ""),
		Since:   epoch.Millis(given(since, 0)),
		Until:   before(until),
		Skip:    given(skip, defaultSkip),
		Limit:   given(limit, defaultLimit),
	}
	for _, t := range types {
		q.Types = append(q.Types, audit.Type(t))
	}
	return q
}

// before returns the bound of what lies before a moment. In a query zero is no
// bound at all; but nothing lies before 1970, so an earlier moment says as much.
func before(p *int64) epoch.Millis {
	if p != nil && *p == 0 {
		return -1
	}
	return epoch.Millis(given(p, 0))
}
