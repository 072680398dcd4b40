package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tokenscale/permission"
	"tokenscale/policy"
)

// What clients may rely on who look at many tokens, or delete many, while others do the same.

// many makes n tokens, whose names come in the order of their ids here, and returns the ids.
func (s *server) many(n int) []string {
	ids := make([]string, n)
	var all sync.WaitGroup
	for worker := range 16 { // who waits together is written together
		all.Go(func() {
			for i := worker; i < n; i += 16 {
				made, _ := s.Token(policy.Draft{Name: fmt.Sprintf("t%04d", i)})
				ids[i] = string(made.ID)
			}
		})
	}
	all.Wait()
	return ids
}

// others are four clients that make tokens, whose names come before all others, and then delete
// those given, as many of each.
type others struct {
	made []string      // ids
	did  chan struct{} // one for each change, and closed when they are done
}

func (s *server) begin(gone []string) *others {
	o := &others{made: make([]string, len(gone)), did: make(chan struct{}, 20)}
	work := make(chan func(), 2*len(gone))
	for i := range gone {
		work <- func() {
			a := s.ask(s.root, `mutation($n: String!) { createSystemToken(input: {name: $n, permissions: []}) { tokenMetadata { id } } }`, vars{"n": fmt.Sprint("a", i)})
			o.made[i] = a.text("createSystemToken", "tokenMetadata", "id")
		}
	}
	for _, id := range gone {
		work <- func() {
			if a := s.ask(s.root, `mutation($id: String!) { deleteSystemToken(input: {id: $id}) }`, vars{"id": id}); a.code() != "ok" {
				s.tb.Errorf("deleting %s: %s", id, a.Body)
			}
		}
	}
	close(work)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for do := range work {
				do()
				o.did <- struct{}{}
			}
		})
	}
	go func() { all.Wait(); close(o.did) }()
	return o
}

// walk reads all tokens a page at a time, while the others go on, and a hundred changes of theirs
// after each page. It returns how often it met each token, and how many changes there were.
func (s *server) walk(o *others, byCursor bool) (met map[string]int, changes int) {
	s.tb.Helper()
	const page = 100
	met = map[string]int{}
	for v := (vars{"limit": page, "skip": 0}); ; {
		a := s.must(narrowed, v)
		results := a.at("systemTokens", "results").([]any)
		for _, r := range results {
			met[fmt.Sprint(r.(map[string]any)["id"])]++
		}
		last := len(results) < page
		for i := 0; last || i < page; i++ {
			if _, ok := <-o.did; !ok {
				break
			}
			changes++
		}
		switch {
		case last:
			return met, changes
		case byCursor:
			v["after"] = a.at("systemTokens", "endCursor")
		default:
			v["skip"] = v["skip"].(int) + page
		}
	}
}

func TestFleet_AWalkByCursorMeetsEachUntouchedTokenOnceWhileAThousandComeAndGo(t *testing.T) {
	s := serve(t)
	var stay, leave []string
	for i, id := range s.many(1100) {
		if i%11 < 5 {
			leave = append(leave, id)
		} else {
			stay = append(stay, id)
		}
	}
	wrong := func(met map[string]int) (ids []string) {
		for _, id := range stay {
			if met[id] != 1 {
				ids = append(ids, id)
			}
		}
		return ids
	}
	o := s.begin(leave)
	met, changes := s.walk(o, true)
	if ids := wrong(met); len(ids) > 0 {
		t.Errorf("%d of %d tokens that nobody touched were missed or met twice", len(ids), len(stay))
	}
	if changes != 1000 {
		t.Errorf("%d changes were made meanwhile, want 1000", changes)
	}
	// Those who walk by number are shown some twice, or these changes would not matter.
	if met, _ = s.walk(s.begin(o.made), false); len(wrong(met)) == 0 {
		t.Error("a walk by number meets each once too, so this test shows nothing")
	}
}

func TestFleet_AThousandAreDeletedAtOnceWithAnEntryEach(t *testing.T) {
	s := serve(t)
	ids := s.many(policy.MaxDeletions + 1)
	const del = `mutation($ids: [String!]!) { deleteSystemTokens(input: {ids: $ids}) { deleted } }`
	before := s.tokens()
	if a := s.ask(s.root, del, vars{"ids": ids}); a.code() != "INVALID" || fmt.Sprint(s.tokens()) != fmt.Sprint(before) {
		t.Errorf("one more than may be: %s", a.Body)
	}
	if a := s.ask(s.root, del, vars{"ids": append(slices.Clone(ids[:999]), "nobody")}); a.code() != "NOT_FOUND" || fmt.Sprint(s.tokens()) != fmt.Sprint(before) {
		t.Errorf("one is not there: %s", a.Body)
	}
	if a := s.must(del, vars{"ids": ids[:1000]}); a.text("deleteSystemTokens", "deleted") != "1000" {
		t.Errorf("a thousand: %s", a.Body)
	}
	if left := s.must(narrowed, vars{"limit": 2}); left.text("systemTokens", "totalResults") != "1" {
		t.Errorf("%s are left, want 1", left.text("systemTokens", "totalResults"))
	}
	told := map[string]int{}
	log := s.must(`{ auditEvents(actionFilter: ["deleteSystemTokens"], limit: 1000) { totalResults results { tokenId refused } } }`, nil)
	for _, e := range log.at("auditEvents", "results").([]any) {
		told[fmt.Sprint(e.(map[string]any)["tokenId"])]++
	}
	for _, id := range ids[:1000] {
		if told[id] > 1 {
			t.Fatalf("%d entries tell of the end of %s, want one", told[id], id)
		}
	}
	// One tells that a token was not there.
	if a := log.text("auditEvents", "totalResults"); a != "1001" {
		t.Errorf("%s entries tell of it, want 1001", a)
	}
}

// By counts alone one could ask for names, letter by letter.
func TestFleet_WhoMayNotListCountsNothing(t *testing.T) {
	s := serve(t)
	filter, maker := fleet(s)
	all := slices.Collect(permission.Each())
	secret := s.holder(slices.DeleteFunc(all, func(p permission.Permission) bool { return p == permission.ChangeSystemPermissions })...)
	for _, arguments := range []string{
		``, `searchFilter: "w", `, `permissionFilter: [PatchGlobal], `, `stateFilter: [Ended], `, `expiresBefore: 9000000000000, `, `unusedSince: 9000000000000, `,
		`ipFilterIdFilter: ["` + filter + `"], `, `createdByFilter: "` + maker + `", `, `createdByAnyFilter: ["` + maker + `"], `, `neverExpires: true, `, `withoutIpFilter: true, `,
	} {
		a := s.ask(secret, `{ n: systemTokens(`+arguments+`limit: 0) { totalResults } viewer { id } }`, nil)
		if a.code() != "FORBIDDEN" || a.at("n") != nil || strings.ContainsAny(a.Errors[0].Message, "0123456789") {
			t.Errorf("systemTokens(%slimit: 0): %s", arguments, a.Body)
		}
	}
	const del = `mutation($ids: [String!]!) { deleteSystemTokens(input: {ids: $ids}) { deleted } }`
	there := s.ask(secret, del, vars{"ids": []string{idOf(secret)}})
	if not := s.ask(secret, del, vars{"ids": []string{"nobody"}}); there.code() != "FORBIDDEN" || there.Errors[0].Message != not.Errors[0].Message {
		t.Errorf("a refusal tells whether a token is there: %s, %s", there.Body, not.Body)
	}
}

func TestFleet_TheHistoryOfATokenTellsOfRefusedChanges(t *testing.T) {
	s := serve(t)
	nurse, secret := s.Token(policy.Draft{Name: "nurse"})
	s.ask(s.holder(), `mutation($in: InputData!) { deleteToken(input: $in) }`, vars{"in": vars{"id": nurse.ID}})
	s.ask(s.holder(permission.ManageCluster), `mutation($id: String!) { rotateSystemToken(input: {id: $id}) { token } }`, vars{"id": nurse.ID})
	s.ask(s.root, `mutation { updateSystemPermissionsTokenPermissions(input: {id: "`+string(nurse.ID)+`", permissions: []}) }`, nil)
	s.ask(s.holder(), `mutation($in: InputData!) { deleteToken(input: $in) }`, vars{"in": vars{"id": secret}})
	s.ask(s.holder(), `mutation { createIPFilter(input: {name: "f", ipFilter: ""}) { id } }`, nil)
	for _, way := range []string{"tokenIdFilter: \"" + string(nurse.ID) + "\"", `tokenIdFilter: "nurse"`} {
		log := s.must(`{ auditEvents(`+way+`) { results { actionName tokenId refused fields { name value } } } }`, nil)
		var told []string
		for _, e := range log.at("auditEvents", "results").([]any) {
			if e := e.(map[string]any); e["refused"] != nil {
				told = append(told, fmt.Sprintf("%v %t %v", e["actionName"], e["tokenId"] == string(nurse.ID), e["fields"]))
			}
		}
		name := " true [map[name:tokenName value:nurse]]"
		if want := []string{"updateSystemPermissionsTokenPermissions" + name, "rotateSystemToken" + name, "deleteToken" + name}; !slices.Equal(told, want) {
			t.Errorf("%s: %q, want %q", way, told, want)
		}
	}
	log := s.must(`{ auditEvents(limit: 100) { results { refused tokenId fields { value } } } }`, nil)
	s.wantHidden(log.Body, secret)
}

// A token is the same to its reader after a rotation: what it made, what happened to it, and when
// one of its strings was used.
func TestFleet_ARotationHidesNothingOfATokensPast(t *testing.T) {
	s := serve(t)
	old := s.holder(permission.ChangeSystemPermissions)
	s.ask(old, `mutation { createSystemToken(input: {name: "child", permissions: []}) { token } }`, nil)
	a := s.must(`mutation { rotateSystemToken(input: {id: "`+idOf(old)+`", gracePeriodMs: 0}) { tokenMetadata { id } } }`, nil)
	id := a.text("rotateSystemToken", "tokenMetadata", "id")
	a = s.must(`query($id: String!) {
		one: systemTokens(createdByFilter: $id) { totalResults }
		any: systemTokens(createdByAnyFilter: ["", $id]) { totalResults }
		nobody: systemTokens(createdByAnyFilter: [""]) { totalResults }
		all: systemTokens(createdByAnyFilter: []) { totalResults }
		token(tokenId: $id) { ... on SystemPermissionsToken { lastUsedAt earlierUse { tokenId at from } } }
		string: auditEvents(tokenIdFilter: $id, typeFilter: ["hashedtokens.change", "hashedtokens.rotate"]) { totalResults }
		strings: auditEvents(tokenIdFilter: $id, typeFilter: ["hashedtokens.change", "hashedtokens.rotate"], allStrings: true) { totalResults }
	}`, vars{"id": id})
	for alias, want := range map[string]float64{"one": 1, "any": 1, "nobody": 0, "all": 2, "string": 1, "strings": 2} {
		if got := a.at(alias, "totalResults"); got != want {
			t.Errorf("%s: %v, want %v", alias, got, want)
		}
	}
	if a.at("token", "lastUsedAt") != nil || a.text("token", "earlierUse", "tokenId") != idOf(old) {
		t.Errorf("the use of the string before: %s", a.Body)
	}
}
