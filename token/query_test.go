package token

import (
	"math"
	"testing"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
)

const noon epoch.Millis = 1_800_000_000_000

// nurse is a token of which each filter can ask something.
func nurse() Token {
	return Token{
		ID: "nurse", Name: "Nurse", Permissions: permission.Of(permission.ReadHealthCheck, permission.PatchGlobal), FilterID: "office",
		ExpireAt: noon + 1000, CreatedAt: noon - 5000, IssuedAt: noon - 2000, CreatedBy: "matron",
	}
}

func TestQuery_EachFilterIsMetOrNot(t *testing.T) {
	yes, no := true, false
	endless := func(v *Token) { v.ExpireAt = 0 }
	unbound := func(v *Token) { v.FilterID = "" }
	same := func(*Token) {}
	tests := []struct {
		name  string
		q     Query
		token func(*Token)
		used  epoch.Millis
		want  bool
	}{
		{"nothing is asked", Query{}, same, 0, true},
		{"empty lists ask nothing", Query{Permissions: []permission.Permission{}, States: []State{}, FilterIDs: []ipfilter.ID{}}, same, 0, true},

		{"any of the permissions is enough", Query{Permissions: []permission.Permission{permission.ChangeUsername, permission.PatchGlobal}}, same, 0, true},
		{"the first permission counts like the others", Query{Permissions: []permission.Permission{permission.ReadHealthCheck}}, same, 0, true},
		{"none of the permissions", Query{Permissions: []permission.Permission{permission.ChangeUsername}}, same, 0, false},
		{"a token that may nothing holds none", Query{Permissions: []permission.Permission{permission.ReadHealthCheck}}, func(v *Token) { v.Permissions = 0 }, 0, false},

		{"it expires before", Query{ExpiresBefore: noon + 1001}, same, 0, true},
		{"it expires at that very moment", Query{ExpiresBefore: noon + 1000}, same, 0, false},
		{"it never expires, and so not before the end of time", Query{ExpiresBefore: math.MaxInt64}, endless, 0, false},
		{"nothing expires before 1970", Query{ExpiresBefore: -1}, same, 0, false},
		{"nor long before", Query{ExpiresBefore: math.MinInt64}, endless, 0, false},

		{"never used, its string is older", Query{UnusedSince: noon - 1999}, same, 0, true},
		{"never used, its string was made at that moment", Query{UnusedSince: noon - 2000}, same, 0, false},
		{"last used before", Query{UnusedSince: noon + 1}, same, noon, true},
		{"last used at that moment", Query{UnusedSince: noon}, same, noon, false},
		{"last used before, but rotated since", Query{UnusedSince: noon - 3000}, same, noon - 4000, false},
		{"rotated before, but used since", Query{UnusedSince: noon - 1000}, same, noon - 500, false},
		{"unused until the end of time", Query{UnusedSince: math.MaxInt64}, same, noon, true},
		{"unused since before 1970", Query{UnusedSince: math.MinInt64}, same, 0, false},

		{"one of the filters", Query{FilterIDs: []ipfilter.ID{"plant", "office", "office"}}, same, 0, true},
		{"none of the filters", Query{FilterIDs: []ipfilter.ID{"plant"}}, same, 0, false},
		{"the empty id is the id of no filter", Query{FilterIDs: []ipfilter.ID{""}}, unbound, 0, false},

		{"made by her", Query{CreatedBy: []ID{"matron"}}, same, 0, true},
		{"made by somebody else", Query{CreatedBy: []ID{Root}}, same, 0, false},
		{"made by root", Query{CreatedBy: []ID{Root}}, func(v *Token) { v.CreatedBy = Root }, 0, true},

		{"it expires, and is asked not to", Query{NeverExpires: &yes}, same, 0, false},
		{"it expires, as asked", Query{NeverExpires: &no}, same, 0, true},
		{"it never expires, as asked", Query{NeverExpires: &yes}, endless, 0, true},
		{"it never expires, and is asked to", Query{NeverExpires: &no}, endless, 0, false},
		{"it has a filter, and is asked to have none", Query{WithoutFilter: &yes}, same, 0, false},
		{"it has a filter, as asked", Query{WithoutFilter: &no}, same, 0, true},
		{"it has no filter, as asked", Query{WithoutFilter: &yes}, unbound, 0, true},
		{"it has no filter, and is asked to have one", Query{WithoutFilter: &no}, unbound, 0, false},

		{"two filters, both met", Query{CreatedBy: []ID{"matron"}, WithoutFilter: &no}, same, 0, true},
		{"two filters, the first met", Query{CreatedBy: []ID{"matron"}, WithoutFilter: &yes}, same, 0, false},
		{"two filters, the second met", Query{CreatedBy: []ID{Root}, WithoutFilter: &no}, same, 0, false},
		{"what contradicts itself finds nothing", Query{NeverExpires: &yes, ExpiresBefore: math.MaxInt64}, endless, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := nurse()
			test.token(&v)
			if got := test.q.Matcher(noon).Match(v, test.used); got != test.want {
				t.Errorf("%+v matches %+v, used at %d: %v", v, test.q, test.used, got)
			}
		})
	}
}

func TestQuery_ATokenIsInOneStateAtEachMoment(t *testing.T) {
	replaced := nurse()
	replaced.ReplacedBy = "next"
	endless := nurse()
	endless.ExpireAt = 0
	for _, test := range []struct {
		name  string
		token Token
		now   epoch.Millis
		want  State
	}{
		{"working", nurse(), noon, Active},
		{"in its last millisecond", nurse(), noon + 999, Active},
		{"at its expiry", nurse(), noon + 1000, Expired},
		{"without expiry", endless, epoch.End, Active},
		{"in its grace period", replaced, noon, InGrace},
		{"when its grace period is over", replaced, noon + 1000, Expired},
	} {
		if got := test.token.State(test.now); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		for _, s := range []State{Active, Expired, InGrace} {
			if got := (Query{States: []State{s}}).Matcher(test.now).Match(test.token, 0); got != (s == test.want) {
				t.Errorf("%s: asked for %v it matches: %v", test.name, s, got)
			}
		}
		if !(Query{States: []State{Active, Expired, InGrace}}).Matcher(test.now).Match(test.token, 0) {
			t.Errorf("%s: it is in none of the three states", test.name)
		}
	}
}

func TestQuery_OnlyWhatNarrowsIsAFilter(t *testing.T) {
	no := false
	for _, q := range []Query{
		{}, {Order: ByLastUse, Descending: true, After: "x", Skip: 1, Limit: 1}, {Permissions: []permission.Permission{}, States: []State{}, FilterIDs: []ipfilter.ID{}},
	} {
		if q.Filters() {
			t.Errorf("%+v is taken to filter", q)
		}
	}
	for _, q := range []Query{
		{Search: "x"}, {Permissions: []permission.Permission{0}}, {States: []State{Active}}, {ExpiresBefore: -1}, {UnusedSince: -1},
		{FilterIDs: []ipfilter.ID{""}}, {CreatedBy: []ID{Root}}, {NeverExpires: &no}, {WithoutFilter: &no},
	} {
		if !q.Filters() {
			t.Errorf("%+v is taken not to filter", q)
		}
	}
}
