package authority_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// namesOf lists what a query finds, in its order.
func namesOf(t testing.TB, h *authoritytest.House, q token.Query) string {
	t.Helper()
	q.Limit = 100
	p, err := h.Tokens(root(), q)
	must(t, err)
	if len(p.Tokens) != p.Total || p.More || (p.End == "") != (p.Total == 0) {
		t.Errorf("%+v: %d of %d on one page, more %v, end %q", q, len(p.Tokens), p.Total, p.More, p.End)
	}
	var names []string
	for _, v := range p.Tokens {
		names = append(names, v.Name)
	}
	return strings.Join(names, " ")
}

// A fleet is a few tokens that differ in all that lists can be narrowed by.
func fleet(t testing.TB, h *authoritytest.House) (office ipfilter.ID, maker token.ID) {
	t.Helper()
	office = filter(t, h, "office", "allow all")
	by, _ := h.Token(policy.Draft{Name: "maker", Permissions: permission.All})
	actor := policy.ActorOf(by)
	actor.IP = here
	_, _, err := h.CreateToken(t.Context(), as(actor, "createSystemToken"), draft("child"))
	must(t, err)
	bound := draft("bound")
	bound.FilterID = office
	h.Token(bound)
	h.Clock.Pass(time.Hour)
	h.Token(ending(h, "short", 10*time.Minute))
	h.Token(policy.Draft{Name: "strong", Permissions: tokens | cluster})
	return office, by.ID
}

func TestLists_EachFilterAndTheirSum(t *testing.T) {
	h := authoritytest.Open(t)
	office, maker := fleet(t, h)
	start := h.Clock.Millis()
	yes, no := true, false
	for name, test := range map[string]struct {
		q    token.Query
		want string
	}{
		"all":                               {token.Query{}, "bound child maker short strong"},
		"any of two permissions":            {token.Query{Permissions: []permission.Permission{permission.ManageCluster, permission.PatchGlobal}}, "maker strong"},
		"a permission that one has":         {token.Query{Permissions: []permission.Permission{permission.PatchGlobal}}, "maker"},
		"expiring before":                   {token.Query{ExpiresBefore: start.Add(10*time.Minute) + 1}, "short"},
		"expiring, but not before":          {token.Query{ExpiresBefore: start.Add(10 * time.Minute)}, ""},
		"unused since the later ones":       {token.Query{UnusedSince: start}, "bound child maker"},
		"bound by a filter":                 {token.Query{FilterIDs: []ipfilter.ID{"none", office}}, "bound"},
		"bound by an unknown filter":        {token.Query{FilterIDs: []ipfilter.ID{"none"}}, ""},
		"made by a token":                   {token.Query{CreatedBy: []token.ID{maker}}, "child"},
		"made by root":                      {token.Query{CreatedBy: []token.ID{token.Root}}, "bound maker short strong"},
		"endless":                           {token.Query{NeverExpires: &yes}, "bound child maker strong"},
		"with an end":                       {token.Query{NeverExpires: &no}, "short"},
		"without a filter":                  {token.Query{WithoutFilter: &yes}, "child maker short strong"},
		"with a filter":                     {token.Query{WithoutFilter: &no}, "bound"},
		"by creation":                       {token.Query{Order: token.ByCreation, Search: "o"}, "bound short strong"},
		"made by root and endless":          {token.Query{CreatedBy: []token.ID{token.Root}, NeverExpires: &yes}, "bound maker strong"},
		"all at once":                       {token.Query{Search: "OUN", Permissions: []permission.Permission{permission.ReadHealthCheck}, States: []token.State{token.Active}, UnusedSince: start, FilterIDs: []ipfilter.ID{office}, CreatedBy: []token.ID{token.Root}, NeverExpires: &yes, WithoutFilter: &no}, "bound"},
		"an id, and a filter that it meets": {token.Query{Search: string(maker), NeverExpires: &yes}, "maker"},
		"an id, and one that it does not":   {token.Query{Search: string(maker), NeverExpires: &no}, ""},
		"nonsense about time":               {token.Query{ExpiresBefore: math.MinInt64, UnusedSince: math.MinInt64}, ""},
	} {
		got := namesOf(t, h, test.q)
		if test.q.Order == token.ByCreation { // two of them were made in one millisecond
			got = strings.Join(slices.Sorted(slices.Values(strings.Fields(got))), " ")
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestLists_AMakerIsFoundByItsIDWhenItIsGone(t *testing.T) {
	h := authoritytest.Open(t)
	_, maker := fleet(t, h)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), maker))
	if got := namesOf(t, h, token.Query{CreatedBy: []token.ID{maker}}); got != "child" {
		t.Errorf("found %q, want its child", got)
	}
}

func TestLists_TheStatesAreApart(t *testing.T) {
	h := authoritytest.Open(t)
	fleet(t, h)
	old, _ := h.Token(draft("old"))
	rotate(t, h, old.ID, time.Hour)
	h.Clock.Pass(12 * time.Minute)
	for state, want := range map[token.State]string{token.Active: "bound child maker old strong", token.Expired: "short", token.InGrace: "old"} {
		if got := namesOf(t, h, token.Query{States: []token.State{state}}); got != want {
			t.Errorf("in state %v: %q, want %q", state, got, want)
		}
	}
	if got := namesOf(t, h, token.Query{States: []token.State{token.Expired, token.InGrace}}); got != "old short" {
		t.Errorf("in two states: %q", got)
	}
}

// A token that was rotated a minute ago is not unused, and neither is the old string while it is
// used.
func TestLists_UnusedGoesByTheLastUseAndByWhenTheStringWasMade(t *testing.T) {
	h := authoritytest.Open(t)
	first, secret := h.Token(draft("t"))
	h.Clock.Pass(time.Hour)
	next, _ := rotate(t, h, first.ID, time.Hour)
	if next.IssuedAt != h.Clock.Millis() || next.CreatedAt != first.CreatedAt || first.IssuedAt != first.CreatedAt {
		t.Errorf("issued at %v and %v, created at %v and %v", first.IssuedAt, next.IssuedAt, first.CreatedAt, next.CreatedAt)
	}
	unused := func(since epoch.Millis) (ids []token.ID) {
		p, err := h.Tokens(root(), token.Query{UnusedSince: since, Limit: 10, Order: token.ByLastUse})
		must(t, err)
		for _, v := range p.Tokens {
			ids = append(ids, v.ID)
		}
		return ids
	}
	check := func(when string, since epoch.Millis, want ...token.ID) {
		t.Helper()
		if got := unused(since); !slices.Equal(got, want) {
			t.Errorf("%s: unused since %v are %v, want %v", when, since, got, want)
		}
	}
	check("after the rotation", h.Clock.Millis(), first.ID)
	h.Reopen()
	check("after a restart", h.Clock.Millis(), first.ID)
	h.Clock.Pass(time.Minute)
	verdict(t, h, secret, policy.Accepted)
	check("after the old string was used", h.Clock.Millis(), next.ID)
	check("a moment later", h.Clock.Millis()+1, next.ID, first.ID)
}

func TestLists_ByLastUseTheUnusedAreTogetherAtTheBeginning(t *testing.T) {
	h := authoritytest.Open(t)
	_, a := h.Token(draft("a"))
	_, b := h.Token(draft("b"))
	h.Token(draft("never"))
	verdict(t, h, b, policy.Accepted)
	h.Clock.Pass(time.Second)
	verdict(t, h, a, policy.Accepted)
	if got := namesOf(t, h, token.Query{Order: token.ByLastUse}); got != "never b a" {
		t.Errorf("ascending: %s", got)
	}
	if got := namesOf(t, h, token.Query{Order: token.ByLastUse, Descending: true}); got != "a b never" {
		t.Errorf("descending: %s", got)
	}
}

func TestLists_WhoMayNotListLearnsNothing(t *testing.T) {
	h := authoritytest.Open(t)
	fleet(t, h)
	by, _ := h.Holder(permission.ManageCluster, permission.ReadHealthCheck)
	for _, q := range []token.Query{{Limit: 1}, {CreatedBy: []token.ID{token.Root}}, {Search: "maker"}, {After: "garbage"}, {Limit: -1}} {
		p, err := h.Tokens(by, q)
		refusal(t, err, fault.Forbidden, "not allowed")
		if p.Total != 0 || p.Tokens != nil || p.End != "" || p.More {
			t.Errorf("%+v: refused, but it tells %+v", q, p)
		}
	}
}

func TestLists_OfNoTokensTheMatchesAreCounted(t *testing.T) {
	h := authoritytest.Open(t)
	fleet(t, h)
	for _, q := range []token.Query{{}, {Order: token.ByLastUse}, {Search: "o", Order: token.ByExpiry}, {States: []token.State{token.Active}}, {Skip: 99, Limit: 5}} {
		p, err := h.Tokens(root(), q)
		must(t, err)
		if p.Total < 3 || len(p.Tokens) != 0 || p.Tokens == nil || p.End != "" || p.More {
			t.Errorf("%+v: %+v", q, p)
		}
	}
}

// Tokens are made, deleted and rotated everywhere in each order while it is walked by cursor.
func TestLists_AWalkByCursorUnderChurnMeetsEachUntouchedTokenOnce(t *testing.T) {
	n := 4_000
	if testing.Short() {
		n = 800
	}
	h := authoritytest.Open(t)
	all := seed(t, h, n, func(i int, v *token.Token) {
		v.Name = fmt.Sprint("t ", i%50)
		v.CreatedAt += epoch.Millis(i % 20)
		v.ExpireAt = v.CreatedAt.Add(time.Duration(1+i%30) * day)
	})
	var untouched, touched []token.ID
	for i, id := range all {
		if i%4 == 0 {
			touched = append(touched, id)
		} else {
			untouched = append(untouched, id)
		}
	}
	slices.Sort(untouched)
	changes := 0
	churn := func() {
		var work sync.WaitGroup
		for range 20 {
			changes++
			k := changes
			work.Go(func() {
				id := touched[k*7919%len(touched)]
				if k%3 == 0 { // it may be gone by then
					_, _, _ = h.RotateToken(t.Context(), as(root(), "rotateToken"), id, 0)
				} else {
					_ = h.DeleteToken(t.Context(), as(root(), "deleteToken"), id)
				}
				_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), ending(h, fmt.Sprint("t ", k%50), time.Duration(1+k%30)*day))
				if err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
	}
	for _, q := range []token.Query{
		{}, {Descending: true}, {Search: "T "}, {Order: token.ByExpiry}, {Order: token.ByExpiry, Descending: true, States: []token.State{token.Active}},
		{Order: token.ByCreation}, {Order: token.ByCreation, Descending: true}, {Order: token.ByLastUse}, {Order: token.ByLastUse, Descending: true, Search: "t"},
	} {
		q.Limit = n / 8
		met := walkByCursor(t, h, q, churn)
		got := slices.DeleteFunc(met, func(id token.ID) bool { _, ok := slices.BinarySearch(untouched, id); return !ok })
		if slices.Sort(got); !slices.Equal(got, untouched) {
			t.Errorf("%+v: %d untouched tokens were met, want %d, each once", q, len(got), len(untouched))
		}
	}
}

// walkByCursor reads all pages and returns the ids in the order in which they came.
func walkByCursor(t testing.TB, h *authoritytest.House, q token.Query, between func()) (ids []token.ID) {
	t.Helper()
	for ; ; between() {
		p, err := h.Tokens(root(), q)
		must(t, err)
		onePage(t, p.Tokens)
		ids = append(ids, idsOfViews(p.Tokens)...)
		if !p.More {
			return ids
		}
		q.After = p.End
	}
}

func idsOfViews(views []authority.TokenView) []token.ID {
	ids := make([]token.ID, len(views))
	for i, v := range views {
		ids[i] = v.ID
	}
	return ids
}

// A token that was rotated is the one that made what it made: under each id that it has or had, and
// when nothing is known any more of the strings before.
func TestLists_ATokenHasMadeWhatItMadeBeforeItsRotation(t *testing.T) {
	h := authoritytest.Open(t)
	maker, _ := h.Token(policy.Draft{Name: "maker", Permissions: tokens | health})
	makes := func(with token.Token, name string) {
		by := policy.ActorOf(with)
		by.IP = here
		_, _, err := h.CreateToken(t.Context(), as(by, "createSystemToken"), draft(name))
		must(t, err)
	}
	makes(maker, "one")
	next, _ := rotate(t, h, maker.ID, time.Hour)
	makes(next, "two")
	last, _ := rotate(t, h, next.ID, 0)
	h.Token(draft("of root"))
	for _, id := range []token.ID{maker.ID, next.ID, last.ID} {
		if got := namesOf(t, h, token.Query{CreatedBy: []token.ID{id}}); got != "one two" {
			t.Errorf("%q were made by the token under one of its ids, want both", got)
		}
	}
	h.Clock.Pass(policy.EndedKept + day)
	must(t, h.ForgetEnded(t.Context()))
	h.Reopen()
	if got := namesOf(t, h, token.Query{CreatedBy: []token.ID{"none", last.ID}}); got != "one two" {
		t.Errorf("%q were made by it, want both when the strings before are forgotten", got)
	}
}
