package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tokenscale/permission"
)

// The authorization matrix: who may ask for what. Section 4 of the contract.

// A caller is one column of the matrix.
type caller struct{ name, token string }

func callers(s *server) []caller {
	all := []caller{{"nobody", ""}, {"root", s.root}, {"a token without permissions", s.holder()}}
	for p := range permission.Each() {
		all = append(all, caller{p.Name(), s.holder(p)})
	}
	return all
}

func TestWhoMayDoWhat_TheWholeMatrix(t *testing.T) {
	s := serve(t)
	schema := load(t)
	everyone := callers(s)
	var b strings.Builder
	for _, op := range operations(schema) {
		fmt.Fprintf(&b, "%s\n%s", op.field.Name, s.column(op.query, good(schema, op.field), everyone))
	}
	for _, query := range []string{"{ __schema { queryType { name } } }", `{ __type(name: "SystemPermission") { name } }`} {
		fmt.Fprintf(&b, "%s\n%s", query, s.column(query, nil, everyone))
	}
	golden(t, "matrix.txt", b.String())
}

// column asks as everyone, and writes one line for each kind of answer.
func (s *server) column(query string, v vars, everyone []caller) string {
	s.tb.Helper()
	var kinds []string
	who := map[string][]string{}
	for _, c := range everyone {
		kind := verdict(s.ask(c.token, query, v))
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		who[kind] = append(who[kind], c.name)
	}
	var b strings.Builder
	for _, kind := range kinds {
		names := strings.Join(who[kind], ", ")
		if n := len(who[kind]); n > 3 {
			names = fmt.Sprintf("the other %d", n)
		}
		fmt.Fprintf(&b, "    %s: %s\n", kind, names)
	}
	return b.String()
}

// verdict says how a request went: it was let through if it was answered, or
// if what it asked about was looked for and not found.
func verdict(a answer) string {
	switch code := a.code(); {
	case a.Status != http.StatusOK:
		return fmt.Sprintf("%d %q", a.Status, a.Body)
	case code == "ok" || code == "NOT_FOUND":
		return "allowed (" + code + ")"
	default:
		return fmt.Sprintf("%s %q", code, a.Errors[0].Message)
	}
}

func TestWhoMayDoWhat_EachPermissionOpensExactlyWhatTheSchemaSays(t *testing.T) {
	s := serve(t)
	schema := load(t)
	everyone := callers(s)
	for _, op := range operations(schema) {
		need := needs(op.field)
		for _, c := range everyone {
			got := s.ask(c.token, op.query, good(schema, op.field))
			allowed := got.code() == "ok" || got.code() == "NOT_FOUND"
			want := c.name == "root" || slices.Contains(need, c.name) || len(need) == 0 && c.name != "nobody"
			if op.field.Name == "token" { // another one's
				want = c.name == "root" || c.name == "ChangeSystemPermissions"
			}
			if allowed != want {
				t.Errorf("%s asked by %s: %s, want it allowed: %v", op.field.Name, c.name, got.Body, want)
			}
		}
	}
}

func TestWhoMayDoWhat_ATokenMayAlwaysReadItself(t *testing.T) {
	s := serve(t)
	for p := range permission.Each() {
		secret := s.holder(p)
		a := s.ask(secret, `query($id: String!) { token(tokenId: $id) { id ... on SystemPermissionsToken { permissions } } }`, vars{"id": idOf(secret)})
		if a.code() != "ok" || a.text("token", "id") != idOf(secret) || a.text("token", "permissions") != "["+p.Name()+"]" {
			t.Errorf("%s reads itself: %s", p, a.Body)
		}
	}
}

func TestWhoMayDoWhat_TheRefusalNamesTheLabelOfThePermission(t *testing.T) {
	s := serve(t)
	for query, want := range map[string]string{
		`mutation { deleteToken(input: {id: "x"}) }`:                        "Change system permissions not allowed",
		`mutation { createIPFilter(input: {name: "x", ipFilter: ""}) {id}}`: "Manage cluster not allowed",
		`{ auditEvents { totalResults } }`:                                  "Change system permissions not allowed",
	} {
		a := s.ask(s.holder(permission.PatchGlobal), query, nil)
		if a.code() != "FORBIDDEN" || a.Errors[0].Message != want || a.Status != http.StatusOK {
			t.Errorf("%s: %d %s, want %q", query, a.Status, a.Body, want)
		}
	}
}
