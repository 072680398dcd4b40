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

// Law 8: the door and the room both lock. @requires refuses early and shows
// the need in the schema; the command asks again by itself, and for the same.

// rooms call what stands behind each root field, without its door. Each is
// given a token and a filter that exist.
func rooms(h *authoritytest.House) map[string]func(by policy.Actor, t token.ID, f ipfilter.ID) error {
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
		_, _, err := h.Tokens(by, token.Query{})
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
			_, err := h.Progress(ctx, by)
			return err
		},
		"ipFilters": func(by policy.Actor, _ token.ID, _ ipfilter.ID) error {
			_, err := h.Filters(by, "", 0, nil)
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

func TestLaw8_TheDoorAsksForWhatTheRoomAsks(t *testing.T) {
	h := authoritytest.Open(t)
	behind := rooms(h)
	for name, f := range roots(load(t)) {
		enter, ok := behind[name]
		if !ok {
			t.Errorf("%s has no room here; add it, so that its door is checked", name)
		}
		if enter == nil {
			continue
		}
		want := needs(f)
		if name == "token" { // @open: who asks for another token needs what its description says
			want = []string{permission.ChangeSystemPermissions.Name()}
		}
		if got := admitted(t, h, enter); !slices.Equal(got, want) {
			t.Errorf("%s: the command lets in holders of %v, the schema says %v", name, got, want)
		}
	}
}

// admitted tries a room with each single permission and returns those that
// open it.
func admitted(t *testing.T, h *authoritytest.House, enter func(policy.Actor, token.ID, ipfilter.ID) error) []string {
	t.Helper()
	var names []string
	for p := range permission.Each() {
		by, _ := h.Holder(p)
		victim, _ := h.Token(policy.Draft{Name: "victim"})
		filter, err := h.CreateFilter(t.Context(), authority.Caller{Actor: authoritytest.Root(), Action: "createIPFilter"}, "victim", "allow all")
		if err != nil {
			t.Fatal(err)
		}
		err = enter(by, victim.ID, filter.ID)
		if fault.CodeOf(err) != fault.Forbidden || !strings.HasSuffix(err.Error(), " not allowed") {
			names = append(names, p.Name())
		}
	}
	return names
}
