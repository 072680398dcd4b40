package authority_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/token"
)

// A walk reads all pages, as docs/api.md tells: each page begins with tokens that
// the walk has seen, so that nothing can have moved past its beginning. If it
// does not, the walk goes back. What it returns are the ids, each once, in the
// order in which they came.
func walk(t testing.TB, h *authoritytest.House, q token.Query, overlap int, between func()) (ids []token.ID, back int) {
	t.Helper()
	seen := map[token.ID]bool{}
	for ; ; between() {
		p, err := h.Tokens(root(), q)
		must(t, err)
		page := p.Tokens
		onePage(t, page)
		if q.Skip > 0 && (len(page) == 0 || !seen[page[0].ID]) {
			back++
			q.Skip = max(0, q.Skip-q.Limit/2)
			continue
		}
		before := len(ids)
		for _, v := range page {
			if !seen[v.ID] {
				seen[v.ID] = true
				ids = append(ids, v.ID)
			}
		}
		if len(page) < q.Limit && len(ids) == before {
			return ids, back
		}
		q.Skip += max(1, len(page)-overlap)
	}
}

// onePage fails the test if a token is twice on a page.
func onePage(t testing.TB, page []authority.TokenView) {
	t.Helper()
	on := map[token.ID]bool{}
	for _, v := range page {
		if on[v.ID] {
			t.Fatalf("%s is twice on one page", v.ID)
		}
		on[v.ID] = true
	}
}

// Tokens are made and deleted everywhere in the order while it is walked. Those
// that nobody touches are found, each once, and in their order.
func TestPages_AWalkUnderChurnMeetsEachUntouchedTokenOnce(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	h := authoritytest.Open(t)
	var untouched, touched []token.ID
	for i, id := range seed(t, h, n, func(i int, v *token.Token) { v.Name = fmt.Sprintf("t %06d", i) }) {
		if i%4 == 0 {
			touched = append(touched, id)
		} else {
			untouched = append(untouched, id)
		}
	}
	calls, changes := 0, 0
	churn := func() { // many deletions, and then as many new ones, at both ends and between
		calls++
		var all sync.WaitGroup
		for range 40 {
			changes++
			place := changes * 7919 % len(touched)
			if changes%2 == 0 {
				place = changes % 50 // most stand at the front
			}
			if calls/3%2 == 0 {
				// It may be gone by then.
				all.Go(func() { _ = h.DeleteToken(t.Context(), as(root(), "deleteToken"), touched[place]) })
				continue
			}
			all.Go(func() {
				if _, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft(fmt.Sprintf("t %06d new", 4*place))); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	for _, q := range []token.Query{{Limit: 500}, {Limit: 500, Descending: true}, {Limit: 1000, Search: "t "}} {
		ids, back := walk(t, h, q, 5, churn)
		t.Logf("%+v: %d tokens met, %d times gone back", q, len(ids), back)
		want := slices.Clone(untouched)
		if q.Descending {
			slices.Reverse(want)
		}
		of := map[token.ID]bool{}
		for _, id := range untouched {
			of[id] = true
		}
		got := slices.DeleteFunc(ids, func(id token.ID) bool { return !of[id] })
		if !slices.Equal(got, want) {
			t.Errorf("%+v: of %d untouched tokens %d were met, or in another order", q, len(want), len(got))
		}
	}
	t.Logf("%d changes meanwhile", changes)
}

// skip counts from the beginning of the order as it is at that moment. So a page
// is right in itself, and a change before it moves what comes after.
func TestPages_AChangeBeforeAPageMovesWhatComesAfterIt(t *testing.T) {
	h := authoritytest.Open(t)
	ids := seed(t, h, 6, func(i int, v *token.Token) { v.Name = fmt.Sprint("t", i) })
	at := func(skip int) token.ID {
		p, err := h.Tokens(root(), token.Query{Skip: skip, Limit: 1})
		must(t, err)
		return p.Tokens[0].ID
	}
	if at(3) != ids[3] {
		t.Fatalf("the fourth is %s", at(3))
	}
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), ids[0]))
	if at(3) != ids[4] {
		t.Errorf("after the first was deleted the fourth is %s, want the one that was the fifth", at(3))
	}
	h.Token(draft("a"))
	h.Token(draft("b"))
	if at(3) != ids[2] {
		t.Errorf("after two were made before it the fourth is %s, want the one that was the third", at(3))
	}
}
