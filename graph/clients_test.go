package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/permission"
	"tokenscale/policy"
)

// The requests that LogScale's own clients send, to the byte where it counts.

func TestClients_NestedFragmentsOnToken(t *testing.T) {
	s := serve(t)
	tok, _ := s.Token(policy.Draft{Name: "humio-token", Permissions: permission.Of(permission.PatchGlobal)})
	// One enum stands for a list of them; the id of the token stands for its name.
	query := `query GetSystemToken ($Id: String!) {
	tokens(searchFilter: $Id, sortBy: Name, typeFilter: SystemPermissionToken) {
		results {
			__typename
			... SystemTokenDetails
		}
	}
}
fragment SystemTokenDetails on Token {
	... TokenDetails
	... on SystemPermissionsToken { permissions }
	... on ViewPermissionsToken { views { __typename id name ... on Repository { id } ... on View { name } } permissions }
	... on OrganizationPermissionsToken { permissions }
}
fragment TokenDetails on Token { id name expireAt ipFilterV2 { ... IPFilterDetails } }
fragment IPFilterDetails on IPFilter { id name ipFilter }`
	got := s.must(query, vars{"Id": string(tok.ID)}).at("tokens", "results")
	want := []any{map[string]any{
		"__typename": "SystemPermissionsToken", "id": string(tok.ID), "name": "humio-token", "expireAt": nil, "ipFilterV2": nil,
		"permissions": []any{"PatchGlobal"},
	}}
	if diff := cmp.Diff(got, any(want)); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	if gone := s.must(query, vars{"Id": "gone"}).text("tokens", "results"); gone != "[]" {
		t.Errorf("a token that is gone: %s, want an empty list", gone)
	}
}

// The operator asks for view tokens too; none lives here.
func TestClients_ViewTokensAndWhatTheyAreFor(t *testing.T) {
	s := serve(t)
	s.holder()
	a := s.must(`query GetViewToken($Id: String!) { tokens(searchFilter: $Id, sortBy: Name, typeFilter: ViewPermissionToken) { results { id ... on ViewPermissionsToken { views { id name } permissions } } } }`, vars{"Id": "x"})
	if a.text("tokens", "results") != "[]" {
		t.Errorf("%s", a.Body)
	}
}

func TestClients_AnEmptyListIsNoFilter(t *testing.T) {
	s := serve(t)
	s.holder()
	const list = `query($types: [Tokens__Type!], $parents: [String!], $events: [String!]) { tokens(sortBy: Name, typeFilter: $types, parentEntityIdFilter: $parents) { totalResults } auditEvents(typeFilter: $events) { totalResults } }`
	all := s.must(list, nil).at("tokens").(map[string]any)["totalResults"]
	for _, v := range []vars{{"types": []string{}}, {"parents": []string{}}, {"events": []string{}}, {"types": nil, "parents": nil, "events": nil}, {"types": []string{}, "parents": []string{}, "events": []string{}}} {
		a := s.must(list, v)
		if got := a.at("tokens").(map[string]any)["totalResults"]; got != all || all == 0.0 || a.text("auditEvents", "totalResults") == "0" {
			t.Errorf("%v: %s, want all %v", v, a.Body, all)
		}
	}
	if a := s.must(`{ tokens(sortBy: Name, typeFilter: [], parentEntityIdFilter: []) { totalResults } }`, nil); a.at("tokens", "totalResults") != all {
		t.Errorf("in the query itself: %s", a.Body)
	}
	if a := s.must(list, vars{"types": []string{"ViewPermissionToken"}}); a.at("tokens", "totalResults") != 0.0 {
		t.Errorf("another kind: %s", a.Body)
	}
}

func TestClients_ExplicitNullsAreAsGoodAsAbsence(t *testing.T) {
	s := serve(t)
	a := s.post(s.root, `{"query":"mutation CreateSystemToken ($Name: String!, $IPFilterId: String, $ExpiresAt: Long, $Permissions: [SystemPermission!]!) {\n\tcreateSystemPermissionsToken(input: {name:$Name,expireAt:$ExpiresAt,ipFilterId:$IPFilterId,permissions:$Permissions})\n}\n","variables":{"Name":"n","IPFilterId":null,"ExpiresAt":null,"Permissions":["ChangeUsername"]},"operationName":"CreateSystemToken"}`)
	if a.code() != "ok" || len(a.text("createSystemPermissionsToken")) != 77 {
		t.Fatalf("%s", a.Body)
	}
	shown := s.must(`query($id: String!) { token(tokenId: $id) { expireAt ipFilter ipFilterV2 { id } } }`, vars{"id": idOf(a.text("createSystemPermissionsToken"))})
	if got := shown.text("token"); got != "map[expireAt:<nil> ipFilter:<nil> ipFilterV2:<nil>]" {
		t.Errorf("the token is %s", got)
	}
	s.must(`query($f: String, $t: [Tokens__Type!], $o: OrderBy, $s: Int, $l: Int) { tokens(searchFilter: $f, typeFilter: $t, parentEntityIdFilter: null, sortBy: Name, orderBy: $o, skip: $s, limit: $l) { totalResults } }`,
		vars{"f": nil, "t": nil, "o": nil, "s": nil, "l": nil})
	s.must(setPolicies, vars{"input": policies(vars{"systemPermissionTokensEnabled": nil, "systemPermissionTokensEnforceExpirationAfterMs": nil, "systemPermissionTokensEnforceIpFilterId": nil, "systemPermissionTokensAllowPermissionUpdates": nil})})
}

func TestClients_AnExactExpiryComesBackToTheMillisecond(t *testing.T) {
	s := serve(t)
	const at = 9_007_199_254_741 // the operator compares for equality
	a := s.must(creation("createSystemPermissionsToken"), vars{"input": vars{"name": "n", "permissions": []string{}, "expireAt": at}})
	shown := s.must(`query($id: String!) { token(tokenId: $id) { expireAt } }`, vars{"id": idOf(a.text("createSystemPermissionsToken"))})
	if !strings.Contains(shown.Body, `"expireAt":9007199254741}`) {
		t.Errorf("%s", shown.Body)
	}
}

func TestClients_TheNameOfTheOperationInTheAddressIsOnlyForTheLog(t *testing.T) {
	s := serve(t)
	for _, address := range []string{"/graphql?id=GetUsername", "/graphql?id=unknown", "/graphql?id=", "/graphql?id=%00", "/graphql"} {
		r, err := http.NewRequest("POST", s.http.URL+address, strings.NewReader(`{"query":"query GetUsername { viewer { username } }","operationName":"GetUsername"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		r.Header.Set("Authorization", "bearer "+s.root)
		r.Header.Set("User-Agent", "Humio-go-client/unknown")
		if a := s.do(r); a.text("viewer", "username") != "localroot" {
			t.Errorf("%s: %d %s", address, a.Status, a.Body)
		}
	}
}

func TestClients_TheTextOfAFilterComesBackByteForByte(t *testing.T) {
	s := serve(t)
	const create = `mutation CreateIPFilter ($Name: String!, $IPFilter: String!) { createIPFilter(input: {name:$Name,ipFilter:$IPFilter}) { ... IPFilterDetails } } fragment IPFilterDetails on IPFilter { id name ipFilter }`
	const updateIt = `mutation UpdateIPFilter ($ID: String!, $Name: String, $IPFilter: String) { updateIPFilter(input: {id:$ID,name:$Name,ipFilter:$IPFilter}) { id name ipFilter } }`
	for _, text := range []string{
		"allow 127.0.0.1\nallow 10.0.0.0/8", "deny all\ndeny 127.0.0.1\nallow 192.168.0.0/8\n", "", "\n\n", "allow all\r\n# ünïcode \u2028 😀 <b> & \\ \" \t\n",
		"ALLOW  10.0.0.1 ; deny all;", "allow 2001:db8::/32 # " + strings.Repeat("x", 60_000),
	} {
		made := s.must(create, vars{"Name": "f", "IPFilter": text})
		id := made.text("createIPFilter", "id")
		changed := s.must(updateIt, vars{"ID": id, "Name": nil, "IPFilter": text + "\n"})
		if made.text("createIPFilter", "ipFilter") != text || changed.text("updateIPFilter", "ipFilter") != text+"\n" || changed.text("updateIPFilter", "name") != "f" {
			t.Errorf("%.80q came back as %.80q, then %.80q", text, made.text("createIPFilter", "ipFilter"), changed.text("updateIPFilter", "ipFilter"))
		}
		if list := s.must(`{ ipFilters { id name ipFilter } }`, nil); !strings.Contains(list.text("ipFilters"), text+"\n") {
			t.Errorf("the list does not hold %.80q", text)
		}
	}
}

func TestClients_TheValuesOfSystemPermissionByIntrospection(t *testing.T) {
	s := serve(t)
	a := s.must(`query { __type(name:"SystemPermission"){name enumValues{name}} }`, nil)
	var names []any
	for p := range permission.Each() {
		names = append(names, map[string]any{"name": p.Name()})
	}
	if diff := cmp.Diff(a.at("__type"), any(map[string]any{"name": "SystemPermission", "enumValues": names})); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

// The query that GraphiQL and tools which fetch the schema send.
const introspection = `query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

func TestClients_TheWholeIntrospectionQuery(t *testing.T) {
	s := serve(t)
	a := s.ask(s.holder(), introspection, nil)
	if a.code() != "ok" {
		t.Fatalf("%.500s", a.Body)
	}
	shown := map[string]bool{}
	for _, typ := range a.at("__schema", "types").([]any) {
		shown[typ.(map[string]any)["name"].(string)] = true
	}
	for name := range load(t).Types {
		if unused := name == "Float" || name == "ID"; shown[name] == unused {
			t.Errorf("%s shows: %v", name, shown[name])
		}
	}
}

func TestClients_WhoAmI(t *testing.T) {
	s := serve(t)
	_, secret := s.Token(policy.Draft{Name: "me", Permissions: permission.Of(permission.ManageCluster)})
	a := s.ask(secret, `query GetUsername { viewer { username } }`, nil)
	if a.Body != `{"data":{"viewer":{"username":"me"}}}` {
		t.Errorf("%s", a.Body)
	}
	a = s.ask(secret, `{ viewer { id username isRoot permissions expireAt } viewerOpt { username } }`, nil)
	if a.text("viewer") != "map[expireAt:<nil> id:"+idOf(secret)+" isRoot:false permissions:[ManageCluster] username:me]" {
		t.Errorf("%s", a.Body)
	}
	root := s.must(`{ viewer { id username isRoot permissions } }`, nil)
	if root.text("viewer", "isRoot") != "true" || len(root.at("viewer", "permissions").([]any)) != 16 {
		t.Errorf("%s", root.Body)
	}
}

func TestClients_EnablingPermissionUpdates(t *testing.T) {
	s := serve(t)
	a := s.must(`mutation EnableTokenUpdatePermissions {
	updateTokenSecurityPolicies(input: {personalUserTokensEnabled:true,viewPermissionTokensEnabled:true,viewPermissionTokensAllowPermissionUpdates:true,organizationPermissionTokensEnabled:true,organizationPermissionTokensAllowPermissionUpdates:true,systemPermissionTokensEnabled:true,systemPermissionTokensAllowPermissionUpdates:true}) { __typename }
}`, nil)
	if a.Body != `{"data":{"updateTokenSecurityPolicies":{"__typename":"Organization"}}}` {
		t.Errorf("%s", a.Body)
	}
	tok, _ := s.Token(policy.Draft{Name: "t"})
	b := s.must(`mutation UpdateSystemToken ($Id: String!, $Permissions: [SystemPermission!]!) { updateSystemPermissionsTokenPermissions(input: {id:$Id,permissions:$Permissions}) }`,
		vars{"Id": string(tok.ID), "Permissions": []string{"ListSubdomains", "ListSubdomains"}})
	if b.text("updateSystemPermissionsTokenPermissions") != string(tok.ID) {
		t.Errorf("%s, want the id and never a secret", b.Body)
	}
}

func TestClients_AnErrorHasStateBesideItsMessageAndOnlyTextInIt(t *testing.T) {
	s := serve(t)
	a := s.ask(s.root, `mutation { createIPFilter(input: {name: "", ipFilter: "nonsense"}) { id } }`, nil)
	var wire struct {
		Errors []struct {
			Message    string
			State      map[string]string // a value that is no text would not decode
			Extensions map[string]any
		}
	}
	if err := json.Unmarshal([]byte(a.Body), &wire); err != nil {
		t.Fatal(err)
	}
	e := wire.Errors[0]
	if len(e.State) != 2 || e.State["name"] == "" || e.State["ipFilter"] == "" || e.Extensions["state"] != nil {
		t.Errorf("%s", a.Body)
	}
}

func TestClients_RotationGivesAWholeNewStringWithANewId(t *testing.T) {
	s := serve(t)
	_, secret := s.Token(policy.Draft{Name: "t", Permissions: permission.Of(permission.ChangeSystemPermissions)})
	a := s.must(`mutation RotateTokenByID ($TokenID: String!) { rotateToken(input: {id:$TokenID}) }`, vars{"TokenID": idOf(secret)})
	next := a.text("rotateToken")
	if len(next) != 77 || idOf(next) == idOf(secret) {
		t.Errorf("%s became %s", idOf(secret), next)
	}
	if got := s.ask(secret, `{ viewer { id } }`, nil); got.Status != http.StatusUnauthorized || got.Body != "The supplied authentication is invalid" {
		t.Errorf("the old string: %d %s", got.Status, got.Body)
	}
	if got := s.ask(next, `{ viewer { id } }`, nil); got.text("viewer", "id") != idOf(next) {
		t.Errorf("the new string: %s", got.Body)
	}
}
