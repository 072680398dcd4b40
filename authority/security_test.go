package authority_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
)

func TestFreshInstall_EveryTypeEnabledNoUpdatesNoMaximumNoFilter(t *testing.T) {
	h := authoritytest.Open(t)
	got, err := h.Policies(root())
	must(t, err)
	open := policy.Security{Enabled: true}
	if diff := cmp.Diff(got, policy.Policies{System: open, Organization: open, View: open, Personal: open}); diff != "" {
		t.Errorf("policies (-got +want):\n%s", diff)
	}
}

func TestAtCreation_TypeDisabled_Refused(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{})
	_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("x"))
	refusal(t, err, fault.Forbidden, "does not allow system tokens")
}

func TestAtCreation_MaximumSetNoExpiryAsked_TheMaximumIsUsed(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, maximum(day))
	v, _ := h.Token(draft("x"))
	if want := h.Clock.Millis().Add(day); v.ExpireAt != want {
		t.Errorf("expires at %v, want %v", v.ExpireAt, want)
	}
}

func TestAtCreation_MaximumSetLongerAsked_RefusedNamingTheMaximum(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, maximum(day))
	h.Token(ending(h, "just", day))
	_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), ending(h, "x", day+time.Millisecond))
	refusal(t, err, fault.Forbidden, "1 day")
}

func TestAtCreation_FilterEnforcedNoneAsked_TheEnforcedFilter(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow 10.0.0.0/8")
	set(t, h, policy.Security{Enabled: true, FilterID: id})
	v, secret := h.Token(draft("x"))
	if v.FilterID != id {
		t.Errorf("has the filter %q, want %q", v.FilterID, id)
	}
	verdict(t, h, secret, policy.Filtered)
}

func TestAtCreation_FilterEnforcedAnotherAsked_Refused(t *testing.T) {
	h := authoritytest.Open(t)
	id, other := filter(t, h, "office", ""), filter(t, h, "other", "")
	set(t, h, policy.Security{Enabled: true, FilterID: id})
	d := draft("x")
	d.FilterID = other
	_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), d)
	refusal(t, err, fault.Forbidden, "enforces the IP filter")
}

func TestChangeOfPolicy_TypeDisabled_AllDeletedAndEnablingRevivesNothing(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("x"))
	set(t, h, policy.Security{})
	verdict(t, h, secret, policy.Unknown)
	set(t, h, policy.Security{Enabled: true})
	verdict(t, h, secret, policy.Unknown)
	if listed(h, v.ID) {
		t.Error("it is still listed")
	}
	h.Reopen()
	verdict(t, h, secret, policy.Unknown)
}

func TestChangeOfPolicy_MaximumSetOrLowered_DeletesCapsOrKeeps(t *testing.T) {
	h := authoritytest.Open(t)
	overdue, _ := h.Token(draft("overdue"))
	h.Clock.Pass(day)
	born := h.Clock.Millis()
	endless, _ := h.Token(draft("endless"))
	late, _ := h.Token(ending(h, "late", 3*day))
	soon, _ := h.Token(ending(h, "soon", time.Hour))
	set(t, h, maximum(day)) // the first is exactly that old
	if listed(h, overdue.ID) {
		t.Error("cap <= now: still there")
	}
	for id, want := range map[string]int64{string(endless.ID): day.Milliseconds(), string(late.ID): day.Milliseconds(), string(soon.ID): time.Hour.Milliseconds()} {
		if got := shown(t, h, tokenID(id)); int64(got.ExpireAt-born) != want {
			t.Errorf("%s expires %v ms after its creation, want %v", got.Name, got.ExpireAt-born, want)
		}
	}
	set(t, h, maximum(time.Hour))
	if got := shown(t, h, endless.ID); int64(got.ExpireAt-born) != time.Hour.Milliseconds() {
		t.Errorf("lowered: %v ms after its creation", got.ExpireAt-born)
	}
}

func TestChangeOfPolicy_MaximumRaisedOrRemoved_Unchanged(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, maximum(day))
	v, _ := h.Token(draft("x"))
	for _, s := range []policy.Security{maximum(2 * day), {Enabled: true}} {
		set(t, h, s)
		if diff := cmp.Diff(shown(t, h, v.ID), v); diff != "" {
			t.Errorf("under %+v (-got +want):\n%s", s, diff)
		}
	}
}

func TestChangeOfPolicy_FilterEnforcedOrChanged_EveryTokenGetsThatFilter(t *testing.T) {
	h := authoritytest.Open(t)
	id, other := filter(t, h, "office", "allow 10.0.0.0/8"), filter(t, h, "other", "allow all")
	one, secret := h.Token(draft("none"))
	d := draft("other")
	d.FilterID = other
	two, _ := h.Token(d)
	for _, f := range []ipfilter.ID{id, other, id} {
		set(t, h, policy.Security{Enabled: true, FilterID: f})
		for _, v := range []string{string(one.ID), string(two.ID)} {
			if got := shown(t, h, tokenID(v)).FilterID; got != f {
				t.Errorf("the filter is %q, want %q", got, f)
			}
		}
	}
	verdict(t, h, secret, policy.Filtered)
	verdictFrom(t, h, secret, office, policy.Accepted)
	must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), other))
}

func TestChangeOfPolicy_EnforcementRemoved_TokensKeepTheFilterTheyHave(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow 10.0.0.0/8")
	v, secret := h.Token(draft("x"))
	set(t, h, policy.Security{Enabled: true, FilterID: id})
	set(t, h, policy.Security{Enabled: true})
	if got := shown(t, h, v.ID).FilterID; got != id {
		t.Errorf("the filter is %q, want %q", got, id)
	}
	verdict(t, h, secret, policy.Filtered)
	refusal(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), id), fault.Conflict, "1 token")
}

func TestChangeOfPolicy_PermissionUpdatesOnOrOff_Unchanged(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(draft("x"))
	for _, on := range []bool{true, false} {
		set(t, h, policy.Security{Enabled: true, AllowUpdates: on})
		if diff := cmp.Diff(shown(t, h, v.ID), v); diff != "" {
			t.Errorf("updates %v (-got +want):\n%s", on, diff)
		}
	}
}

func TestChangeOfPolicy_AllSystemFieldsAbsent_TheSystemPolicyIsUnchanged(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, maximum(day))
	p, err := h.SetSecurity(t.Context(), as(root(), setAction), policy.Change{})
	must(t, err)
	if diff := cmp.Diff(p, policy.Policies{System: maximum(day)}); diff != "" {
		t.Errorf("policies (-got +want):\n%s", diff)
	}
}

func TestChangeOfPolicy_AppliedTwice_TheSecondChangesNothing(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "all", "allow all")
	h.Token(draft("x"))
	h.Token(ending(h, "y", 9*day))
	s := maximum(day)
	s.FilterID = id
	set(t, h, s)
	before, entries := h.State(), len(h.Trail())
	set(t, h, s)
	if diff := cmp.Diff(h.State().Tokens, before.Tokens, addresses); diff != "" {
		t.Errorf("the second time (-got +want):\n%s", diff)
	}
	if got := len(h.Trail()) - entries; got != 1 {
		t.Errorf("%d entries, want that of the change alone", got)
	}
}

func TestChangeOfPolicy_ThatWouldShutOutItsAuthor_RefusedButNeverForRoot(t *testing.T) {
	h := authoritytest.Open(t)
	by, secret := h.Holder(permission.ManageCluster)
	id := filter(t, h, "office", "allow 10.0.0.0/8")
	h.Clock.Pass(time.Hour)
	for _, s := range []policy.Security{{}, maximum(time.Hour), {Enabled: true, FilterID: id}} {
		_, err := h.SetSecurity(t.Context(), as(by, setAction), change(s))
		refusal(t, err, fault.Conflict, "shut out your own token")
		_, err = h.Impact(t.Context(), by, change(s), 0, 0)
		refusal(t, err, fault.Conflict, "shut out your own token")
	}
	verdict(t, h, secret, policy.Accepted)
	set(t, h, policy.Security{})
}

func TestChangeOfPolicy_BadInputChangesNothing(t *testing.T) {
	h := authoritytest.Open(t)
	zero, none, unknown := int64(0), ipfilter.ID(""), ipfilter.ID("unknown")
	yes := true
	for _, c := range []policy.SystemChange{
		{Enabled: &yes, MaxAgeMs: &zero}, {Enabled: &yes, FilterID: &none}, {Enabled: &yes, FilterID: &unknown}, {MaxAgeMs: &zero},
	} {
		_, err := h.SetSecurity(t.Context(), as(root(), setAction), policy.Change{System: c})
		refusal(t, err, fault.Invalid, "system.")
		_, err = h.Impact(t.Context(), root(), policy.Change{System: c}, 0, 0)
		refusal(t, err, fault.Invalid, "system.")
	}
	if p, _ := h.Policies(root()); p != policy.Fresh() || len(h.Trail()) != 0 {
		t.Errorf("policies %+v and %d entries", p, len(h.Trail()))
	}
}
