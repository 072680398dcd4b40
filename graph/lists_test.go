package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/permission"
	"tokenscale/policy"
)

// What section 2 of the contract says of the arguments of systemTokens, as clients see it.

const narrowed = `query($search: String, $permissions: [SystemPermission!], $states: [SystemTokenState!], $expires: Long, $unused: Long, $filters: [String!],
	$by: String, $endless: Boolean, $open: Boolean, $sort: Tokens__SortBy, $order: OrderBy, $skip: Int, $limit: Int, $after: String) {
	systemTokens(searchFilter: $search, permissionFilter: $permissions, stateFilter: $states, expiresBefore: $expires, unusedSince: $unused, ipFilterIdFilter: $filters,
		createdByFilter: $by, neverExpires: $endless, withoutIpFilter: $open, sortBy: $sort, orderBy: $order, skip: $skip, limit: $limit, after: $after) {
		totalResults endCursor hasNextPage results { id name issuedAt createdAt lastUsedAt }
	}
}`

// found lists the names of the tokens of a page.
func (a answer) found() string {
	var names []string
	results, _ := a.at("systemTokens", "results").([]any)
	for _, r := range results {
		names = append(names, fmt.Sprint(r.(map[string]any)["name"]))
	}
	return strings.Join(names, " ")
}

// A fleet is a few tokens, made a second after each other, that differ in all that lists can be
// narrowed by. Its maker made child and is gone.
func fleet(s *server) (filter, maker string) {
	filter = s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id")
	secret := s.holder(permission.ChangeSystemPermissions)
	s.ask(secret, `mutation { createSystemToken(input: {name: "child", permissions: []}) { token } }`, nil)
	s.must(`mutation { deleteToken(input: {id: "`+idOf(secret)+`"}) }`, nil)
	for name, input := range map[string]string{
		"bound": `permissions: [PatchGlobal], ipFilterId: "` + filter + `"`,
		"short": `permissions: [ReadHealthCheck, ChangeUsername], expiresIn: {amount: 1, unit: Minutes}`,
		"week":  `permissions: [ChangeUsername], expiresIn: {amount: 7, unit: Days}`,
	} {
		s.must(`mutation { createSystemToken(input: {name: "`+name+`", `+input+`}) { token } }`, nil)
	}
	s.Clock.Pass(2 * time.Minute)
	used := s.must(`mutation { createSystemToken(input: {name: "used", permissions: []}) { token } }`, nil).text("createSystemToken", "token")
	s.ask(used, `{ viewer { id } }`, nil)
	s.Clock.Pass(time.Second)
	s.must(`mutation { rotateSystemToken(input: {id: "`+idOf(used)+`", gracePeriodMs: 600000}) { token } }`, nil)
	return filter, idOf(secret)
}

func TestLists_EachFilterByItselfAndTogether(t *testing.T) {
	s := serve(t)
	filter, maker := fleet(s)
	later := noon + 2*60_000
	for _, test := range []struct {
		name string
		v    vars
		want string
	}{
		{"nothing is asked", nil, "bound child short used used week"},
		{"null and empty lists are no filter", vars{"search": "", "permissions": []string{}, "states": []string{}, "expires": nil, "unused": nil, "filters": []string{}, "by": nil, "endless": nil, "open": nil, "after": nil}, "bound child short used used week"},
		{"an empty cursor begins at the first page", vars{"after": ""}, "bound child short used used week"},
		{"any of the permissions", vars{"permissions": []string{"PatchGlobal", "ReadHealthCheck"}}, "bound short"},
		{"one permission stands for a list", vars{"permissions": "ChangeUsername"}, "short week"},
		{"a permission nobody holds", vars{"permissions": []string{"ListSubdomains"}}, ""},
		{"those that are active", vars{"states": []string{"Active"}}, "bound child used week"},
		{"those that have expired", vars{"states": []string{"Expired"}}, "short"},
		{"those in their grace period", vars{"states": "InGracePeriod"}, "used"},
		{"two states", vars{"states": []string{"InGracePeriod", "Expired", "Expired"}}, "short used"},
		{"expiring before", vars{"expires": noon + 60_001}, "short"},
		{"expiring at that very moment", vars{"expires": noon + 60_000}, ""},
		{"nothing expires before zero", vars{"expires": 0}, ""},
		{"nor below", vars{"expires": json.Number("-9223372036854775808")}, ""},
		{"the endless never expire", vars{"expires": json.Number("9223372036854775807")}, "short used week"},
		{"unused since", vars{"unused": later}, "bound child short week"},
		{"unused since zero", vars{"unused": 0}, ""},
		{"unused, and rotated just now", vars{"unused": later + 1000}, "bound child short used week"},
		{"bound by a filter", vars{"filters": []string{filter, filter, "unknown", ""}}, "bound"},
		{"bound by an unknown filter", vars{"filters": []string{"unknown"}}, ""},
		{"bound by a filter without an id", vars{"filters": []string{""}}, ""},
		{"made by one that is gone", vars{"by": maker}, "child"},
		{"made by root", vars{"by": "localroot"}, "bound short used used week"},
		{"made by nobody", vars{"by": ""}, ""},
		{"made by an unknown token", vars{"by": "x"}, ""},
		{"that never expire", vars{"endless": true}, "bound child used"},
		{"that expire", vars{"endless": false}, "short used week"},
		{"without a filter", vars{"open": true}, "child short used used week"},
		{"with a filter", vars{"open": false}, "bound"},
		{"several filters", vars{"search": "S", "by": "localroot", "states": "Active", "open": true, "unused": later + 1}, ""},
		{"several filters that leave one", vars{"search": "K", "by": "localroot", "states": "Active", "permissions": "ChangeUsername", "endless": false}, "week"},
		{"by expiry, with a filter", vars{"permissions": []string{"ChangeUsername", "PatchGlobal"}, "sort": "ExpirationDate", "order": "DESC"}, "bound week short"},
		{"no token, but the count", vars{"by": "localroot", "limit": 0}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.must(narrowed, test.v)
			if got := a.found(); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
			if n := len(strings.Fields(test.want)); test.v["limit"] == nil && a.at("systemTokens", "totalResults") != float64(n) {
				t.Errorf("%s in all, want %d", a.text("systemTokens", "totalResults"), n)
			}
			if empty := test.want == ""; (a.at("systemTokens", "endCursor") == nil) != empty || a.at("systemTokens", "hasNextPage") != false {
				t.Errorf("%s", a.Body)
			}
		})
	}
	if got := s.must(narrowed, vars{"by": "localroot", "limit": 0}).text("systemTokens", "totalResults"); got != "5" {
		t.Errorf("with a limit of 0 root made %s, want 5", got)
	}
	s.wantQuiet()
}

func TestLists_ByCreationAndByLastUse(t *testing.T) {
	s := serve(t)
	var secrets []string
	for _, name := range []string{"c", "a", "b"} {
		_, secret := s.Token(policy.Draft{Name: name})
		secrets = append(secrets, secret)
		s.Clock.Pass(time.Second)
	}
	s.ask(secrets[2], `{ viewer { id } }`, nil)
	s.Clock.Pass(time.Second)
	s.ask(secrets[0], `{ viewer { id } }`, nil)
	for arguments, want := range map[string]string{
		`sortBy: CreatedAt`: "[c a b]", `sortBy: CreatedAt, orderBy: DESC`: "[b a c]",
		`sortBy: LastUsedAt`: "[a b c]", `sortBy: LastUsedAt, orderBy: DESC`: "[c b a]",
	} {
		for _, field := range []string{"systemTokens", "tokens"} { // which has the new orders too
			if _, names := s.names(field, arguments); fmt.Sprint(names) != want {
				t.Errorf("%s(%s): %v, want %s", field, arguments, names, want)
			}
		}
	}
}

func TestLists_AWalkByCursorGoesOnWhereThePageEnded(t *testing.T) {
	s := serve(t)
	for i := range 25 {
		s.Token(policy.Draft{Name: fmt.Sprint("t", i%4)})
	}
	for _, sort := range []string{"Name", "ExpirationDate", "CreatedAt", "LastUsedAt"} {
		for _, order := range []string{"ASC", "DESC"} {
			whole := s.must(narrowed, vars{"sort": sort, "order": order})
			var ids []any
			v := vars{"sort": sort, "order": order, "limit": 10}
			for pages := 1; ; pages++ {
				a := s.must(narrowed, v)
				for _, r := range a.at("systemTokens", "results").([]any) {
					ids = append(ids, r.(map[string]any)["id"])
				}
				if a.text("systemTokens", "totalResults") != "25" {
					t.Errorf("page %d: %s in all, want 25", pages, a.text("systemTokens", "totalResults"))
				}
				if v["after"] = a.at("systemTokens", "endCursor"); a.at("systemTokens", "hasNextPage") == false {
					break
				}
			}
			var want []any
			for _, r := range whole.at("systemTokens", "results").([]any) {
				want = append(want, r.(map[string]any)["id"])
			}
			if !slices.Equal(ids, want) || len(want) != 25 {
				t.Errorf("%s %s: the walk met %v, want %v", sort, order, ids, want)
			}
			a := s.must(narrowed, v)
			if a.found() != "" || a.at("systemTokens", "endCursor") != nil || a.at("systemTokens", "hasNextPage") != false {
				t.Errorf("behind the end: %s", a.Body)
			}
		}
	}
}

func TestLists_ACursorOutlivesTheTokenItPointsAt(t *testing.T) {
	s := serve(t)
	for i := range 5 {
		s.Token(policy.Draft{Name: fmt.Sprint("t", i)})
	}
	first := s.must(narrowed, vars{"limit": 2})
	last := first.at("systemTokens", "results").([]any)[1].(map[string]any)["id"]
	s.must(`mutation($id: String!) { deleteToken(input: {id: $id}) }`, vars{"id": last})
	s.Token(policy.Draft{Name: "t0 new"})
	s.Token(policy.Draft{Name: "t2 new"})
	if got := s.must(narrowed, vars{"after": first.at("systemTokens", "endCursor"), "skip": 1, "limit": 2}).found(); got != "t2 new t3" {
		t.Errorf("one skipped behind t1: %q, want t2 new t3", got)
	}
}

func TestLists_WhatCannotBeAskedNamesItsFieldAndRepeatsNothing(t *testing.T) {
	s := serve(t)
	fleet(s)
	_, secret := s.Token(policy.Draft{Name: "t"})
	byName := s.must(narrowed, vars{"limit": 1}).at("systemTokens", "endCursor")
	many := slices.Repeat([]string{"x"}, 1001)
	for _, test := range []struct {
		name, field, words string
		v                  vars
	}{
		{"garbage for a cursor", "after", "no cursor", vars{"after": "garbage"}},
		{"a token string for a cursor", "after", "no cursor", vars{"after": secret}},
		{"a cursor cut", "after", "no cursor", vars{"after": fmt.Sprint(byName)[:10]}},
		{"a cursor of another order", "after", "sortBy Name and orderBy ASC", vars{"after": byName, "sort": "LastUsedAt"}},
		{"a cursor of the other direction", "after", "sortBy Name and orderBy ASC", vars{"after": byName, "order": "DESC"}},
		{"a cursor of a million letters", "after", "no cursor", vars{"after": strings.Repeat("A", 1_000_000)}},
		{"1001 filters", "ipFilterIdFilter", "1001 items", vars{"filters": many}},
		{"1001 permissions", "permissionFilter", "1001 items", vars{"permissions": slices.Repeat([]string{"PatchGlobal"}, 1001)}},
		{"1001 states", "stateFilter", "1001 items", vars{"states": slices.Repeat([]string{"Active"}, 1001)}},
		{"a state there is not", "states", "one of Active, Expired, InGracePeriod, Ended", vars{"states": "Gone"}},
		{"a permission there is not", "permissions", "one of", vars{"permissions": []string{"Nonsense"}}},
		{"a moment that is none", "expiresBefore", "64 bits", vars{"expires": 1.5}},
		{"a moment beyond 64 bits", "unusedSince", "64 bits", vars{"unused": json.Number("9223372036854775808")}},
		{"yes for true", "endless", "true or false", vars{"endless": "yes"}},
		{"a page of 1001", "limit", "between 0 and 1000", vars{"limit": 1001, "after": byName}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.wantInvalid(t, narrowed, test.v, test.field, "")
			if got := a.Errors[0].State[test.field]; !strings.Contains(got, test.words) {
				t.Errorf("state[%q] = %q, want it to speak of %q", test.field, got, test.words)
			}
			s.wantHidden(a.Body, secret)
		})
	}
	s.wantQuiet(secret)
}

func TestLists_OfAWholeTokenStringOnlyTheIDIsUsed(t *testing.T) {
	s := serve(t)
	tok, secret := s.Token(policy.Draft{Name: "pasted"})
	s.Token(policy.Draft{Name: "other"})
	a := s.must(narrowed, vars{"search": secret})
	if a.found() != "pasted" || !strings.Contains(a.Body, string(tok.ID)) {
		t.Errorf("%s", a.Body)
	}
	s.wantHidden(a.Body, secret)
	s.must(`mutation { deleteToken(input: {id: "`+string(tok.ID)+`"}) }`, nil)
	if a = s.must(narrowed, vars{"search": secret}); a.found() != "" {
		t.Errorf("when it is gone: %s", a.Body)
	}
	s.wantQuiet(secret)
}

func TestLists_WhoMayNotListCanNeitherReadNorCount(t *testing.T) {
	s := serve(t)
	filter, maker := fleet(s)
	cursor := s.must(narrowed, vars{"limit": 1}).at("systemTokens", "endCursor")
	stranger := s.holder(permission.ManageCluster, permission.ReadHealthCheck, permission.ViewOrganizations)
	for _, v := range []vars{
		nil, {"limit": 0}, {"by": maker}, {"filters": []string{filter}}, {"states": "Active", "limit": 0}, {"after": cursor}, {"after": "garbage"},
		{"unused": noon, "sort": "LastUsedAt"}, {"filters": slices.Repeat([]string{"x"}, 1001)},
	} {
		if a := s.ask(stranger, narrowed, v); a.code() != "FORBIDDEN" || a.Data != nil || a.Errors[0].Message != "Change system permissions not allowed" {
			t.Errorf("%v: %s", v, a.Body)
		}
	}
}

// Whatever is sent, the server answers it or says what is wrong with it.
func TestLists_NonsenseIsAnsweredOrRefused(t *testing.T) {
	s := serve(t)
	fleet(s)
	cursor := s.must(narrowed, vars{"limit": 1}).text("systemTokens", "endCursor")
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom([]string{"localroot", cursor, s.root, strings.Repeat("é", 100_000), "\x00", "\u202e"}))
	moment := rapid.Custom(func(t *rapid.T) any {
		return json.Number(fmt.Sprint(rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, -1, 1, noon, -1 << 63, 1<<63 - 1})).Draw(t, "moment")))
	})
	number := rapid.OneOf(rapid.Int32Range(-5, 1005), rapid.Int32())
	maybe := func(t *rapid.T, v vars, name string, draw func() any) {
		if rapid.IntRange(0, 2).Draw(t, name+" is given") == 0 {
			v[name] = draw()
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := vars{}
		for _, name := range []string{"search", "by", "after"} {
			maybe(t, v, name, func() any { return text.Draw(t, name) })
		}
		for _, name := range []string{"expires", "unused"} {
			maybe(t, v, name, func() any { return moment.Draw(t, name) })
		}
		for _, name := range []string{"endless", "open"} {
			maybe(t, v, name, func() any { return rapid.Bool().Draw(t, name) })
		}
		for _, name := range []string{"skip", "limit"} {
			maybe(t, v, name, func() any { return number.Draw(t, name) })
		}
		maybe(t, v, "filters", func() any { return rapid.SliceOfN(text, 0, 5).Draw(t, "filters") })
		maybe(t, v, "permissions", func() any {
			return slices.Repeat([]string{"PatchGlobal", "ChangeUsername"}, rapid.SampledFrom([]int{0, 1, 500, 501}).Draw(t, "permissions"))
		})
		maybe(t, v, "states", func() any {
			return rapid.SliceOfN(rapid.SampledFrom([]string{"Active", "Expired", "InGracePeriod", "Ended"}), 0, 4).Draw(t, "states")
		})
		maybe(t, v, "sort", func() any {
			return rapid.SampledFrom([]string{"Name", "ExpirationDate", "CreatedAt", "LastUsedAt"}).Draw(t, "sort")
		})
		a := s.ask(s.root, narrowed, v)
		if code := a.code(); a.Status != 200 || code != "ok" && (code != "INVALID" || len(a.Errors[0].State) == 0) {
			t.Fatalf("%v: %d %s", v, a.Status, a.Body)
		}
	})
	s.wantQuiet()
}
