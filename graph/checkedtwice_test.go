package graph_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// Law 8: authorization is checked twice. @requires refuses early and shows
// the need in the schema; the command asks again by itself, and for the same.

// commands call what stands behind each root field, without its directive. Each
// is given a token and a filter that exist.
func commands(h *authoritytest.House) map[string]func(by policy.Actor, t token.ID, f ipfilter.ID) error {
	ctx := context.Background()
	create := func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
		_, _, err := h.CreateToken(ctx, authority.Caller{Actor: by, Action: "createSystemToken"}, policy.Draft{Name: "new"})
		return err
	}
	rotate := func(by policy.Actor, t token.ID, _ ipfilter.ID) error {
		_, _, err := h.RotateToken(ctx, authority.Caller{Actor: by, Action: "rotateToken"}, t, 0)
		return err
	}
	remove := func(by policy.Actor, t token.ID, _ ipfilter.ID) error {
		return h.DeleteToken(ctx, authority.Caller{Actor: by, Action: "deleteToken"}, t)
	}
	list := func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
		_, err := h.Tokens(by, token.Query{})
		return err
	}
	return map[string]func(policy.Actor, token.ID, ipfilter.ID) error{
		"createSystemToken": create, "createSystemPermissionsToken": create, "createSystemPermissionsTokenV2": create,
		"rotateToken": rotate, "rotateSystemToken": rotate,
		"deleteToken": remove, "deleteSystemToken": remove,
		"tokens": list, "systemTokens": list,
		"updateSystemPermissionsTokenPermissions": func(by policy.Actor, t token.ID, _ ipfilter.ID) error {
			return h.UpdatePermissions(ctx, authority.Caller{Actor: by, Action: "updateSystemPermissionsTokenPermissions"}, t, 0)
		},
		"updateSystemTokenNote": func(by policy.Actor, t token.ID, _ ipfilter.ID) error {
			_, err := h.UpdateNote(ctx, authority.Caller{Actor: by, Action: "updateSystemTokenNote"}, t, "note", nil)
			return err
		},
		"createIPFilter": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.CreateFilter(ctx, authority.Caller{Actor: by, Action: "createIPFilter"}, "new", "deny all")
			return err
		},
		"updateIPFilter": func(by policy.Actor, _ token.ID, f ipfilter.ID) error {
			_, err := h.UpdateFilter(ctx, authority.Caller{Actor: by, Action: "updateIPFilter"}, f, nil, nil)
			return err
		},
		"deleteIPFilter": func(by policy.Actor, _ token.ID, f ipfilter.ID) error {
			return h.DeleteFilter(ctx, authority.Caller{Actor: by, Action: "deleteIPFilter"}, f)
		},
		"updateTokenSecurityPolicies": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.SetSecurity(ctx, authority.Caller{Actor: by, Action: "updateTokenSecurityPolicies"}, policy.Change{})
			return err
		},
		"tokenSecurityPoliciesImpact": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.Impact(ctx, by, policy.Change{}, 0, 0)
			return err
		},
		"tokenSecurityPoliciesProgress": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.Bound(by)
			return err
		},
		"ipFilters": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.Filters(by, "", 0, nil)
			return err
		},
		"deleteSystemTokens": func(by policy.Actor, t token.ID, _ ipfilter.ID) error {
			return h.DeleteTokens(ctx, authority.Caller{Actor: by, Action: "deleteSystemTokens"}, []token.ID{t})
		},
		"ipFilterImpact": func(by policy.Actor, _ token.ID, f ipfilter.ID) error {
			_, err := h.FilterImpact(ctx, by, f, nil, nil, 0, 0)
			return err
		},
		"ipFilterUsage": func(by policy.Actor, _ token.ID, f ipfilter.ID) error {
			_, err := h.FilterUsage(by, f, 0, 0)
			return err
		},
		"testIPFilter": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, _, err := h.TestFilter(by, "deny all", "10.0.0.1")
			return err
		},
		"organization": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error { _, err := h.Policies(by); return err },
		"auditEvents": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, _, err := h.Events(ctx, by, audit.Query{})
			return err
		},
		"auditCheckpoint": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, _, err := h.Checkpoint(ctx, by)
			return err
		},
		"auditInclusionProof": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.ProveEntry(ctx, by, "1", nil)
			return err
		},
		"auditConsistencyProof": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.ProveGrowth(ctx, by, 1, 1)
			return err
		},
		"token": func(by policy.Actor, t token.ID, _ ipfilter.ID) error { _, err := h.Authority.Token(by, t); return err },
		// The words of the permissions are no secret of the authority: the resolver asks.
		"systemPermissions": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			return by.May(policy.AdministerTokens()...)
		},
		"viewer": nil, "viewerOpt": nil, "meta": nil, // there is nothing behind them
	}
}

func TestLaw8_TheDirectiveAsksForWhatTheCommandAsks(t *testing.T) {
	h := authoritytest.Open(t)
	behind := commands(h)
	for name, f := range roots(load(t)) {
		command, ok := behind[name]
		if !ok {
			t.Errorf("%s has no command here; add it, so that its directive is checked", name)
		}
		if command == nil {
			continue
		}
		want := needs(f)
		if name == "token" { // @open: who asks for another token needs what its description says
			want = []string{permission.ChangeSystemPermissions.Name()}
		}
		if got := admitted(t, h, command); !slices.Equal(got, want) {
			t.Errorf("%s: the command lets in holders of %v, the schema says %v", name, got, want)
		}
	}
}

// admitted tries a command with each single permission and returns those that
// it asks for.
func admitted(t *testing.T, h *authoritytest.House, command func(policy.Actor, token.ID, ipfilter.ID) error) []string {
	t.Helper()
	var names []string
	for p := range permission.Each() {
		by, _ := h.Holder(p)
		victim, _ := h.Token(policy.Draft{Name: "victim"})
		filter, err := h.CreateFilter(t.Context(), authority.Caller{Actor: authoritytest.Root(), Action: "createIPFilter"}, "victim", "allow all")
		if err != nil {
			t.Fatal(err)
		}
		err = command(by, victim.ID, filter.ID)
		if fault.CodeOf(err) != fault.Forbidden || !strings.HasSuffix(err.Error(), " not allowed") {
			names = append(names, p.Name())
		}
	}
	return names
}
