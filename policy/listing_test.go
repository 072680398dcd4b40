package policy

import (
	"crypto/rand"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// What section 2 of the contract says of the arguments of systemTokens.

func TestListing_WhatCanBeAsked(t *testing.T) {
	yes := true
	end := token.PlaceOf(token.Token{ID: "t", Name: "t"}, 0, token.ByLastUse, true).Cursor()
	for name, q := range map[string]token.Query{
		"nothing":                    {},
		"everything":                 {Search: "x", Permissions: []permission.Permission{0}, States: []token.State{token.InGrace}, ExpiresBefore: 1, UnusedSince: 1, FilterIDs: []ipfilter.ID{""}, CreatedBy: []token.ID{"x"}, NeverExpires: &yes, WithoutFilter: &yes, Limit: 1000, Skip: math.MaxInt32},
		"moments before 1970":        {ExpiresBefore: math.MinInt64, UnusedSince: -1},
		"moments beyond all":         {ExpiresBefore: math.MaxInt64, UnusedSince: math.MaxInt64},
		"1000 items":                 {FilterIDs: make([]ipfilter.ID, 1000), Permissions: make([]permission.Permission, 1000), States: make([]token.State, 1000)},
		"a text of a million":        {Search: strings.Repeat("x", 1_000_000), CreatedBy: []token.ID{token.ID(strings.Repeat("y", 1_000_000))}},
		"a cursor of its own order":  {Order: token.ByLastUse, Descending: true, After: end},
		"a cursor, and a skip":       {Order: token.ByLastUse, Descending: true, After: end, Skip: 5},
		"ended ones by their end":    {States: []token.State{token.Ended}, Order: token.ByEnd},
		"a cursor and other filters": {Order: token.ByLastUse, Descending: true, After: end, Search: "other"},
	} {
		if got, err := Listing(q); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(got, q); diff != "" {
			t.Errorf("%s (-got +want):\n%s", name, diff)
		}
	}
}

func TestListing_WhatCannotBeAskedNamesItsField(t *testing.T) {
	end := token.PlaceOf(token.Token{ID: "t", Name: "t", ExpireAt: 7}, 0, token.ByExpiry, true).Cursor()
	for _, test := range []struct {
		name  string
		q     token.Query
		field string
		words []string
	}{
		{"a skip below zero", token.Query{Skip: -1}, "skip", []string{"0 or more"}},
		{"a page of 1001", token.Query{Limit: 1001}, "limit", []string{"between 0 and 1000"}},
		{"1001 permissions", token.Query{Permissions: make([]permission.Permission, 1001)}, "permissionFilter", []string{"1001 items", "at most 1000"}},
		{"1001 states", token.Query{States: make([]token.State, 1001)}, "stateFilter", []string{"1001 items"}},
		{"a million filters, all alike", token.Query{FilterIDs: make([]ipfilter.ID, 1_000_000)}, "ipFilterIdFilter", []string{"1000000 items", "several requests"}},
		{"all by their end", token.Query{Order: token.ByEnd}, "sortBy", []string{"sortBy EndedAt", "stateFilter: [Ended]"}},
		{"expired ones by their last try", token.Query{Order: token.ByLastTry, States: []token.State{token.Expired}}, "sortBy", []string{"sortBy LastTriedAt"}},
		{"garbage for a cursor", token.Query{After: "next page please"}, "after", []string{"no cursor", "endCursor"}},
		{"a cursor of another order", token.Query{Order: token.ByCreation, Descending: true, After: end}, "after", []string{"sortBy ExpirationDate and orderBy DESC"}},
		{"a cursor of the other direction", token.Query{Order: token.ByExpiry, After: end}, "after", []string{"sortBy ExpirationDate and orderBy DESC"}},
		{"a token string for a cursor", token.Query{After: token.Cursor(strings.Repeat("a", 32) + "~" + strings.Repeat("b", 44))}, "after", []string{"no cursor"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Listing(test.q)
			wantField(t, err, fault.Invalid, test.field, test.words...)
			if test.q.After != "" && strings.Contains(err.Error(), string(test.q.After)) {
				t.Errorf("%v repeats what was sent", err)
			}
		})
	}
}

func TestListing_AllThatIsWrongIsToldAtOnce(t *testing.T) {
	_, err := Listing(token.Query{Skip: -1, Limit: -1, FilterIDs: make([]ipfilter.ID, 1001), After: "x"})
	f, _ := errors.AsType[*fault.Error](err)
	if got := slices.Sorted(maps.Keys(f.State)); !slices.Equal(got, []string{"after", "ipFilterIdFilter", "limit", "skip"}) {
		t.Errorf("the sentences are about %v", got)
	}
}

func TestListing_OfAWholeTokenStringOnlyTheIDIsUsed(t *testing.T) {
	id, secret, err := token.Mint(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := secret.Reveal()
	for in, want := range map[string]string{
		text:               string(id),
		"\n " + text + " ": string(id), // as it comes from a file
		string(id):         string(id),
		" a name ":         " a name ",
		text[:70]:          text[:70], // no token: who knows what it is
		"name " + text:     "name " + text,
	} {
		if q, err := Listing(token.Query{Search: in}); q.Search != want || err != nil {
			t.Errorf("%q is searched for as %q, %v; want %q", token.Hide(in), token.Hide(q.Search), err, token.Hide(want))
		}
	}
}
