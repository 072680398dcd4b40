package graph

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"golang.org/x/mod/sumdb/tlog"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/epoch"
	"tokenscale/graph/model"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// This file gives the values of the domain the shape of the schema: zero
// means null, and lists are never null.

// action returns the name of the root field, which is how the audit log
// calls what is done.
func action(ctx context.Context) string { return graphql.GetFieldContext(ctx).Field.Name }

func millis(m epoch.Millis) *int64 {
	if m == 0 {
		return nil
	}
	n := int64(m)
	return &n
}

func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	there := v // v itself would be allocated before it is looked at
	return &there
}

// given returns the value of an optional input, or what stands for its
// absence.
func given[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

func tokenShape(t authority.TokenView) model.SystemPermissionsToken {
	out := model.SystemPermissionsToken{
		ID:          string(t.ID),
		Name:        t.Name,
		Note:        optional(t.Note),
		ExpireAt:    millis(t.ExpireAt),
		CreatedAt:   int64(t.CreatedAt),
		Permissions: t.Permissions.Names(),
		CreatedBy:   string(t.CreatedBy),
		IssuedAt:    int64(t.IssuedAt),
		LastUsedAt:  millis(t.LastUsedAt),
		Expired:     t.Expired,
		ReplacedBy:  optional(string(t.ReplacedBy)),
		Replaces:    optional(string(t.Replaces)),

		EndedAt:      millis(t.End.At),
		EndedBy:      optional(string(t.End.By)),
		EndedByName:  optional(t.End.ByName),
		EndReason:    endReason(t.End.Why),
		EndMaximumMs: optional(t.End.MaxAgeMs),
		LastTriedAt:  millis(t.Tried.At),
	}
	if t.Earlier.At != 0 {
		out.EarlierUse = &model.SystemTokenEarlierUse{TokenID: string(t.EarlierID), At: int64(t.Earlier.At)}
		if t.Earlier.From.IsValid() {
			out.EarlierUse.From = optional(t.Earlier.From.String())
		}
	}
	if t.LastUsedFrom.IsValid() {
		out.LastUsedFrom = optional(t.LastUsedFrom.String())
	}
	if t.MakerName != "" {
		out.CreatedByName = &t.MakerName
	}
	if t.Tried.From.IsValid() {
		out.LastTriedFrom = optional(t.Tried.From.String())
	}
	if t.FilterID != "" {
		out.IPFilter, out.IPFilterV2 = &t.Filter.Text, filterShape(t.Filter)
	}
	return out
}

// endReason returns why a token ended, or nil if it has not.
func endReason(why token.EndReason) *model.SystemTokenEndReason {
	reason := [...]model.SystemTokenEndReason{
		token.EndDeleted: model.SystemTokenEndReasonDeleted, token.EndRotated: model.SystemTokenEndReasonRotated,
		token.EndExpired: model.SystemTokenEndReasonExpired, token.EndByPolicy: model.SystemTokenEndReasonPolicyChanged,
	}[why]
	return optional(reason)
}

func tokenShapes(views []authority.TokenView) []model.SystemPermissionsToken {
	out := make([]model.SystemPermissionsToken, len(views))
	for i, v := range views {
		out[i] = tokenShape(v)
	}
	return out
}

func filterShape(f ipfilter.Filter) *model.IPFilter {
	return &model.IPFilter{ID: string(f.ID), Name: f.Name, IPFilter: f.Text}
}

func filterShapes(filters []ipfilter.Filter) []model.IPFilter {
	out := make([]model.IPFilter, len(filters))
	for i, f := range filters {
		out[i] = *filterShape(f)
	}
	return out
}

func filterImpactShape(i authority.FilterImpact) *model.IPFilterImpact {
	out := &model.IPFilterImpact{
		TotalTokens: i.Total, Refused: i.Refused, Admitted: i.Admitted, Tokens: make([]model.IPFilterTokenImpact, len(i.Tokens)),
	}
	for n, t := range i.Tokens {
		out.Tokens[n] = model.IPFilterTokenImpact{Token: tokenShape(t), LastUsedFrom: i.Page[n].From.String(), Effect: model.IPFilterEffectRefused}
		if i.Page[n].Effect == policy.FilterAdmits {
			out.Tokens[n].Effect = model.IPFilterEffectAdmitted
		}
	}
	return out
}

func accountShape(a policy.Actor) *model.Account {
	permissions := []permission.Permission{}
	for p := range a.Permissions.Each() {
		permissions = append(permissions, p)
	}
	out := &model.Account{
		ID: string(a.ID), Username: a.Name, IsRoot: a.Root, Permissions: permissions, ExpireAt: millis(a.ExpireAt),
		SessionExpiresAt: millis(a.SessionEnds),
	}
	if a.IP.IsValid() {
		out.Address = optional(a.IP.String())
	}
	return out
}

func permissionShapes() []model.SystemPermissionDescription {
	out := []model.SystemPermissionDescription{}
	for p := range permission.Each() {
		out = append(out, model.SystemPermissionDescription{
			Name: p, Label: p.Label(), Group: p.Group(), Description: p.Description(), Warning: optional(p.Warning()),
		})
	}
	return out
}

// organizationID is what LogScale calls the one organization of a cluster
// that has no others.
const organizationID = "SINGLE_ORGANIZATION_ID"

func organizationShape(p policy.Policies, filter func(ipfilter.ID) (ipfilter.Filter, bool)) *model.Organization {
	enforced := func(s policy.Security) *model.IPFilter {
		if f, ok := filter(s.FilterID); ok {
			return filterShape(f)
		}
		return nil
	}
	tokens := &model.TokenSecurityPolicies{
		PersonalUserTokensEnabled:                            p.Personal.Enabled,
		PersonalUserTokensEnforceExpirationAfterMs:           optional(p.Personal.MaxAgeMs),
		PersonalUserTokensEnforceIPFilter:                    enforced(p.Personal),
		ViewPermissionTokensEnabled:                          p.View.Enabled,
		ViewPermissionTokensEnforceExpirationAfterMs:         optional(p.View.MaxAgeMs),
		ViewPermissionTokensEnforceIPFilter:                  enforced(p.View),
		ViewPermissionTokensAllowPermissionUpdates:           &p.View.AllowUpdates,
		OrganizationPermissionTokensEnabled:                  p.Organization.Enabled,
		OrganizationPermissionTokensEnforceExpirationAfterMs: optional(p.Organization.MaxAgeMs),
		OrganizationPermissionTokensEnforceIPFilter:          enforced(p.Organization),
		OrganizationPermissionTokensAllowPermissionUpdates:   &p.Organization.AllowUpdates,
		SystemPermissionTokensEnabled:                        p.System.Enabled,
		SystemPermissionTokensEnforceExpirationAfterMs:       optional(p.System.MaxAgeMs),
		SystemPermissionTokensEnforceIPFilter:                enforced(p.System),
		SystemPermissionTokensAllowPermissionUpdates:         &p.System.AllowUpdates,
	}
	return &model.Organization{
		ID: organizationID, Name: "tokenscale", Configs: model.OrganizationConfigs{Tokens: tokens},
	}
}

func impactShape(i authority.Impact) *model.TokenSecurityPoliciesImpact {
	out := &model.TokenSecurityPoliciesImpact{
		Deleted: i.Deleted, Capped: i.Capped, Refiltered: i.Refiltered, Unchanged: i.Unchanged,
		Tokens: make([]model.TokenPolicyImpact, len(i.Tokens)), BusiestDays: make([]model.TokenEndings, len(i.Busiest)),
	}
	for n, d := range i.Busiest {
		out.BusiestDays[n] = model.TokenEndings{Day: int64(d.Start), Count: d.Count}
	}
	for n, a := range i.Tokens {
		out.Tokens[n] = model.TokenPolicyImpact{
			Token: tokenShape(a.Before), Effect: effect(a.Verdict), NewExpireAt: millis(a.After.ExpireAt),
		}
	}
	return out
}

func effect(v policy.Verdict) model.TokenPolicyEffect {
	switch v {
	case policy.Delete:
		return model.TokenPolicyEffectDeleted
	case policy.Cap:
		return model.TokenPolicyEffectCapped
	case policy.Refilter:
		return model.TokenPolicyEffectRefiltered
	default:
		return model.TokenPolicyEffectUnchanged
	}
}

func eventShapes(entries []audit.Entry) []model.AuditEvent {
	out := make([]model.AuditEvent, len(entries))
	for i, e := range entries {
		out[i] = eventShape(e)
	}
	return out
}

func eventShape(e audit.Entry) model.AuditEvent {
	out := model.AuditEvent{
		ID: e.ID(), Timestamp: int64(e.Time), Type: string(e.Type), ActionName: optional(e.Action),
		Sensitive: e.Sensitive, Refused: optional(e.Refused), TokenID: optional(e.TokenID),
		Actor: model.AuditActor{
			Type: e.Actor.Type, TokenID: optional(e.Actor.TokenID), TokenName: optional(e.Actor.TokenName),
			IP: optional(e.Actor.IP), RequestID: optional(e.Actor.RequestID),
		},
		Fields: make([]model.AuditField, len(e.Fields)),
	}
	for i, f := range e.Fields {
		out.Fields[i] = model.AuditField{Name: f.Name, Value: f.Value}
		if f.List != nil {
			out.Fields[i].Value = strings.Join(f.List, ",")
		}
	}
	return out
}

func checkpointShape(c authority.Checkpoint) *model.AuditCheckpoint {
	return &model.AuditCheckpoint{
		Size: int64(c.Size), RootHash: c.Root.String(), Timestamp: int64(c.Time), Note: c.Note, VerifierKey: c.VerifierKey,
	}
}

func inclusionShape(p audit.InclusionProof) *model.AuditInclusionProof {
	return &model.AuditInclusionProof{
		LeafIndex: int64(p.Seq) - 1, Leaf: base64.StdEncoding.EncodeToString(p.Leaf), LeafHash: tlog.RecordHash(p.Leaf).String(),
		TreeSize: int64(p.Size), RootHash: p.Root.String(), Hashes: hashShapes(p.Hashes),
		Evidence: optional(base64.StdEncoding.EncodeToString(p.Evidence)),
	}
}

func consistencyShape(p audit.ConsistencyProof) *model.AuditConsistencyProof {
	return &model.AuditConsistencyProof{
		FromSize: int64(p.From), FromRootHash: p.FromRoot.String(),
		ToSize: int64(p.To), ToRootHash: p.ToRoot.String(), Hashes: hashShapes(p.Hashes),
	}
}

func hashShapes(hashes []audit.Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = h.String()
	}
	return out
}
