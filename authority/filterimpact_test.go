package authority_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestFilterImpact_TellsWhoWouldBeRefusedAndWhoAdmitted(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "all", "allow all")
	uses := map[string]string{"at home": "10.0.0.1", "in the office": "192.0.2.1", "away": "198.51.100.1"}
	for name, from := range uses {
		d := draft(name)
		d.FilterID = id
		_, secret := h.Token(d)
		verdictFrom(t, h, secret, netip.MustParseAddr(from), policy.Accepted)
	}
	d := draft("never used")
	d.FilterID = id
	h.Token(d)
	_, elsewhere := h.Token(draft("bound by nothing"))
	verdictFrom(t, h, elsewhere, netip.MustParseAddr("10.0.0.1"), policy.Accepted)

	before := h.State()
	text := "allow 192.0.2.0/24"
	got, err := h.FilterImpact(t.Context(), root(), id, nil, &text, 0, 10)
	must(t, err)
	if got.Total != 4 || got.Refused != 2 || got.Admitted != 0 {
		t.Errorf("bound %d, refused %d, admitted %d; want 4, 2, 0", got.Total, got.Refused, got.Admitted)
	}
	if len(got.Tokens) != 2 || got.Tokens[0].Name != "at home" || got.Tokens[1].Name != "away" {
		t.Errorf("the page is %+v, want those that are refused, by name", got.Tokens)
	}
	if diff := cmp.Diff(h.State(), before, addresses); diff != "" {
		t.Errorf("the preview changed something: %s", diff)
	}
	_, err = h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), id, nil, &text)
	must(t, err)
	back := "allow all"
	got, err = h.FilterImpact(t.Context(), root(), id, nil, &back, 1, 1)
	must(t, err)
	if got.Refused != 0 || got.Admitted != 2 || len(got.Page) != 1 || got.Page[0].Name() != "away" || got.Page[0].Effect != policy.FilterAdmits {
		t.Errorf("the way back is %+v", got)
	}
}

func TestFilterImpact_RefusesWhatTheChangeWouldRefuse(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "all", "allow all")
	text, bad := "deny all", "nonsense"
	_, err := h.FilterImpact(t.Context(), root(), "nobody", nil, &text, 0, 1)
	refusal(t, err, fault.NotFound, "no IP filter")
	_, err = h.FilterImpact(t.Context(), root(), id, nil, &bad, 0, 1)
	refusal(t, err, fault.Invalid, "ipFilter:")
	_, err = h.FilterImpact(t.Context(), root(), id, nil, &text, 0, 1001)
	refusal(t, err, fault.Invalid, "limit")
	d := policy.Draft{Name: "bound", Permissions: cluster, FilterID: id}
	_, secret := h.Token(d)
	by, _ := h.Verify(secret, here)
	_, err = h.FilterImpact(t.Context(), by, id, nil, &text, 0, 1)
	refusal(t, err, fault.Forbidden, "you may not change its rules")
}

// Whom the preview calls refused is refused at its next request from there, and nobody else.
func TestFilterImpact_AgreesWithWhatHappensAfterwards(t *testing.T) {
	h := authoritytest.Open(t)
	rapid.Check(t, func(r *rapid.T) {
		rules := func(label string) string {
			text := ""
			for i := range rapid.IntRange(0, 4).Draw(r, label) {
				action := rapid.SampledFrom([]string{"allow", "deny"}).Draw(r, fmt.Sprint(label, " action ", i))
				text += fmt.Sprintf("%s 10.0.0.%d/%d\n", action, rapid.IntRange(0, 7).Draw(r, fmt.Sprint(label, i)), rapid.IntRange(29, 32).Draw(r, fmt.Sprint(label, " bits ", i)))
			}
			return text
		}
		id := filter(t, h, "f", "allow all")
		secrets := map[string]string{}
		for n := range 4 {
			d := draft(fmt.Sprint("used at ", n))
			d.FilterID = id
			made, secret := h.Token(d)
			verdictFrom(t, h, secret, netip.AddrFrom4([4]byte{10, 0, 0, byte(2 * n)}), policy.Accepted)
			secrets[string(made.ID)] = secret
		}
		for _, label := range []string{"first", "second"} {
			text := rules(label)
			impact, err := h.FilterImpact(t.Context(), root(), id, nil, &text, 0, 10)
			must(t, err)
			told := map[string]policy.FilterEffect{}
			for i, v := range impact.Tokens {
				told[string(v.ID)] = impact.Page[i].Effect
			}
			use := func() map[string]bool {
				out := map[string]bool{}
				for tokenID, secret := range secrets {
					v, err := h.Authority.Token(root(), token.ID(tokenID))
					must(t, err)
					_, outcome := h.Verify(secret, v.LastUsedFrom)
					out[tokenID] = outcome == policy.Accepted
				}
				return out
			}
			passed := use()
			_, err = h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), id, nil, &text)
			must(t, err)
			h.Clock.Pass(time.Second)
			for tokenID, passes := range use() {
				want := policy.FilterKeeps
				switch {
				case passed[tokenID] && !passes:
					want = policy.FilterRefuses
				case !passed[tokenID] && passes:
					want = policy.FilterAdmits
				}
				if told[tokenID] != want {
					r.Fatalf("with %q the preview said %v of a token, and it became %v", text, told[tokenID], want)
				}
			}
		}
	})
}

func TestImpact_TellsTheFiveBusiestDays(t *testing.T) {
	h := authoritytest.Open(t)
	for age, n := range []int{1, 4, 2, 6, 3, 5, 2} {
		for range n {
			h.Token(draft(fmt.Sprint("made on day ", age)))
		}
		h.Clock.Pass(day)
	}
	got, err := h.Impact(t.Context(), root(), change(maximum(30*day)), 0, 0)
	must(t, err)
	var days []string
	for _, d := range got.Busiest {
		days = append(days, fmt.Sprintf("%s: %d", d.Start, d.Count))
	}
	want := []string{
		"2026-12-26T00:00:00.000Z: 6", "2026-12-28T00:00:00.000Z: 5", "2026-12-24T00:00:00.000Z: 4",
		"2026-12-27T00:00:00.000Z: 3", "2026-12-25T00:00:00.000Z: 2",
	}
	if diff := cmp.Diff(days, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}
