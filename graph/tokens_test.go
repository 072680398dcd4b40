package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenscale/permission"
	"tokenscale/policy"
)

// What sections 2 and 3 of the contract say of lists, as clients see it.

// names lists the names of the tokens that the arguments find.
func (s *server) names(field, arguments string) (total string, names []string) {
	s.tb.Helper()
	a := s.must("{ "+field+"("+arguments+") { totalResults results { name } } }", nil)
	for _, r := range a.at(field, "results").([]any) {
		names = append(names, fmt.Sprint(r.(map[string]any)["name"]))
	}
	return a.text(field, "totalResults"), names
}

func TestLists_TheTokensThatAreFoundAndTheirOrder(t *testing.T) {
	s := serve(t)
	add := func(name string, days int64) string {
		d := policy.Draft{Name: name}
		if days != 0 {
			d.Expiry.In = &policy.Span{Amount: days, Unit: policy.Days}
		}
		tok, _ := s.Token(d)
		return string(tok.ID)
	}
	add("beta", 3)
	add("Alpha", 0)
	add("ALPHABET", 1)
	id := add("Ünder", 2)
	add(id, 0) // a name that is the id of another token
	tests := []struct {
		name, arguments, total string
		want                   []string
	}{
		{"without regard to case, part of the name", `searchFilter: "aLPHa"`, "2", []string{"Alpha", "ALPHABET"}},
		{"an exact id returns that token only", `searchFilter: "` + id + `"`, "1", []string{"Ünder"}},
		{"case folds beyond ASCII", `searchFilter: "üNDER"`, "1", []string{"Ünder"}},
		{"nothing matches", `searchFilter: "%"`, "0", nil},
		{"by expiry, the endless last", `sortBy: ExpirationDate, limit: 3`, "5", []string{"ALPHABET", "Ünder", "beta"}},
		{"by expiry, the other way round", `sortBy: ExpirationDate, orderBy: DESC, skip: 2`, "5", []string{"beta", "Ünder", "ALPHABET"}},
		{"a page of none still counts all", `limit: 0`, "5", nil},
		{"a page beyond the end still counts all", `skip: 99`, "5", nil},
		{"the largest page", `searchFilter: "beta", limit: 1000, skip: 2147483647`, "1", nil},
	}
	for _, test := range tests {
		for _, field := range []string{"systemTokens", "tokens"} {
			t.Run(field+", "+test.name, func(t *testing.T) {
				arguments := test.arguments
				if field == "tokens" && !strings.Contains(arguments, "sortBy") {
					arguments += ", sortBy: Name"
				}
				total, got := s.names(field, arguments)
				if total != test.total || !slices.Equal(got, test.want) {
					t.Errorf("%s of %v, want %s of %v", total, got, test.total, test.want)
				}
			})
		}
	}
}

func TestLists_ByNameIsTheDefaultAndAPageHoldsFifty(t *testing.T) {
	s := serve(t)
	for i := range 60 {
		s.Token(policy.Draft{Name: fmt.Sprintf("t%02d", 59-i)})
	}
	for field, arguments := range map[string]string{"systemTokens": "skip: null", "tokens": "sortBy: Name"} {
		total, got := s.names(field, arguments)
		if total != "60" || len(got) != 50 || got[0] != "t00" || got[49] != "t49" {
			t.Errorf("%s: %s, %d from %v", field, total, len(got), got)
		}
	}
}

func TestLists_OnlySystemTokensLiveHere(t *testing.T) {
	s := serve(t)
	s.Token(policy.Draft{Name: "t"})
	for arguments, want := range map[string]string{
		`typeFilter: SystemPermissionToken`:                        "1",
		`typeFilter: [ViewPermissionToken, SystemPermissionToken]`: "1",
		`typeFilter: null`:                  "1",
		`typeFilter: [ViewPermissionToken]`: "0",
		`typeFilter: [OrganizationPermissionToken, OrganizationManagementPermissionToken]`: "0",
		`parentEntityIdFilter: ["x"]`: "0",
		`parentEntityIdFilter: []`:    "1",
	} {
		if total, _ := s.names("tokens", "sortBy: Name, "+arguments); total != want {
			t.Errorf("%s finds %s, want %s", arguments, total, want)
		}
	}
	// A filter for other kinds is no way around the permission.
	if a := s.ask(s.holder(), `{ tokens(sortBy: Name, typeFilter: ViewPermissionToken) { totalResults } }`, nil); a.code() != "FORBIDDEN" {
		t.Errorf("%s", a.Body)
	}
}

func TestTokens_AllThatIsShownOfOne(t *testing.T) {
	s := serve(t)
	filter := s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow 127.0.0.1"}) { id } }`, nil).text("createIPFilter", "id")
	secret := s.must(creation("createSystemPermissionsTokenV2"), vars{"input": vars{
		"name": "  t ", "systemPermissions": []string{"PatchGlobal", "ChangeSystemPermissions", "PatchGlobal"}, "ipFilterId": filter, "expireAt": noon + 60_000,
	}}).text("createSystemPermissionsTokenV2", "token")
	s.ask(secret, `{ viewer { id } }`, nil)
	s.Clock.Pass(time.Minute)
	a := s.must(`query($id: String!) { token(tokenId: $id) { name createdAt expireAt ipFilter ipFilterV2 { name } ... on SystemPermissionsToken { permissions createdBy lastUsedAt lastUsedFrom expired replacedBy } } }`, vars{"id": idOf(secret)})
	want := fmt.Sprintf(`{"data":{"token":{"name":"t","createdAt":%d,"expireAt":%d,"ipFilter":"allow 127.0.0.1","ipFilterV2":{"name":"f"},"permissions":["ChangeSystemPermissions","PatchGlobal"],"createdBy":"localroot","lastUsedAt":%d,"lastUsedFrom":"127.0.0.1","expired":true,"replacedBy":null}}}`, noon, noon+60_000, noon)
	if a.Body != want {
		t.Errorf("got  %s\nwant %s", a.Body, want)
	}
	if got := s.ask(secret, `{ viewer { id } }`, nil).code(); got != "401" {
		t.Errorf("an expired token is answered %s, want 401 at once", got)
	}
	if got := s.ask(s.root, `mutation { rotateToken(input: {id: "`+idOf(secret)+`"}) }`, nil).code(); got != "CONFLICT" {
		t.Errorf("an expired token is rotated: %s, want CONFLICT", got)
	}
}

func TestTokens_MinutesHoursAndDaysCountFromCreation(t *testing.T) {
	s := serve(t)
	for unit, ms := range map[string]int64{"Minutes": 60_000, "Hours": 3_600_000, "Days": 86_400_000} {
		a := s.must(`mutation($u: ExpirationUnit!) { createSystemToken(input: {name: "t", permissions: [], expiresIn: {amount: 3, unit: $u}}) { tokenMetadata { expireAt } } }`, vars{"u": unit})
		if !strings.Contains(a.Body, fmt.Sprintf(`"expireAt":%d`, noon+3*ms)) {
			t.Errorf("3 %s: %s", unit, a.Body)
		}
	}
}

func TestTokens_ASuccessorIsNamedWhileTheGraceLasts(t *testing.T) {
	s := serve(t)
	tok, secret := s.Token(policy.Draft{Name: "t", Permissions: permission.Of(permission.ListSubdomains)})
	next := s.must(`mutation { rotateSystemToken(input: {id: "`+string(tok.ID)+`", gracePeriodMs: 60000}) { token tokenMetadata { id } } }`, nil).text("rotateSystemToken", "token")
	old := s.must(`query($id: String!) { token(tokenId: $id) { expireAt ... on SystemPermissionsToken { replacedBy } } }`, vars{"id": string(tok.ID)})
	if old.text("token", "replacedBy") != idOf(next) || !strings.Contains(old.Body, fmt.Sprintf(`"expireAt":%d`, noon+60_000)) {
		t.Errorf("%s, want it replaced by %s and ending with the grace", old.Body, idOf(next))
	}
	if s.ask(secret, `{ viewer { id } }`, nil).code() != "ok" {
		t.Error("the old string does not work in its grace")
	}
	s.Clock.Pass(time.Minute)
	if got := s.ask(secret, `{ viewer { id } }`, nil).code(); got != "401" {
		t.Errorf("after the grace the old string is answered %s", got)
	}
}

func TestAudit_NewestFirstWithFiltersAndWithoutASecret(t *testing.T) {
	s := serve(t)
	tok, secret := s.Token(policy.Draft{Name: "t", Permissions: permission.Of(permission.ChangeSystemPermissions)})
	s.Clock.Pass(time.Second)
	made := s.ask(secret, `mutation { createSystemToken(input: {name: "child", permissions: []}) { token } }`, nil).text("createSystemToken", "token")
	s.must(`mutation { deleteToken(input: {id: "`+idOf(made)+`"}) }`, nil)
	count := func(arguments string) string {
		return s.must("{ auditEvents("+arguments+") { totalResults } }", nil).text("auditEvents", "totalResults")
	}
	for arguments, want := range map[string]string{
		`typeFilter: "hashedtokens.change"`:                        "3",
		`typeFilter: ["hashedtokens.change", "roottoken.replace"]`: "4",
		`typeFilter: "nonsense"`:                                   "0",
		`actorFilter: "` + string(tok.ID) + `"`:                    "1",
		`actorFilter: "localroot"`:                                 "2",
		`actorFilter: "system"`:                                    "1",
		`tokenIdFilter: "` + idOf(made) + `"`:                      "2",
		`tokenIdFilter: "` + made + `"`:                            "0",
		fmt.Sprintf(`since: %d`, noon+1000):                        "2",
		fmt.Sprintf(`until: %d`, noon+1000):                        "2",
		`until: 0`:                                                 "0",
		`until: -1`:                                                "0",
		`since: -9223372036854775808`:                              "4",
		`since: 9223372036854775807`:                               "0",
		`since: null, until: null, typeFilter: null, skip: null, limit: null`: "4",
	} {
		if got := count(arguments); got != want {
			t.Errorf("%s finds %s, want %s", arguments, got, want)
		}
	}
	a := s.must(`{ auditEvents { results { id type actionName refused tokenId timestamp sensitive actor { type tokenId tokenName ip requestId } fields { name value } } } }`, nil)
	first := a.at("auditEvents", "results").([]any)[0].(map[string]any)
	if first["actionName"] != "deleteToken" || first["tokenId"] != idOf(made) || first["id"] != "4" {
		t.Errorf("the newest is %v", first)
	}
	s.wantHidden(a.Body, secret, made, s.root)
}

func TestAudit_ARefusedChangeShowsWhoWasRefusedAndWhy(t *testing.T) {
	s := serve(t)
	secret := s.holder(permission.PatchGlobal)
	s.ask(secret, `mutation { deleteIPFilter(input: {id: "x"}) }`, nil)
	a := s.must(`{ auditEvents(limit: 1) { results { type actionName refused actor { type tokenId tokenName ip requestId } } } }`, nil)
	got := requestIDs.ReplaceAllString(a.Body, "REQUEST-ID")
	want := `{"data":{"auditEvents":{"results":[{"type":"ipfilters.change","actionName":"deleteIPFilter","refused":"Manage cluster not allowed","actor":{"type":"systemPermissionToken","tokenId":"` +
		idOf(secret) + `","tokenName":"holder","ip":"127.0.0.1","requestId":"REQUEST-ID"}}]}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
