package policy

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"tokenscale/fault"
	"tokenscale/ipfilter"
)

func TestFreshInstall_EveryTypeEnabledNothingElse(t *testing.T) {
	kinds := Fresh().Kinds()
	names := []string{}
	for _, k := range kinds {
		names = append(names, k.Name)
		if k.Security != (Security{Enabled: true}) {
			t.Errorf("%s = %+v, want enabled, updates off, no maximum, no filter", k.Name, k.Security)
		}
	}
	if want := []string{KindPersonal, KindView, KindOrganization, KindSystem}; !slices.Equal(names, want) {
		t.Errorf("kinds = %v, want %v", names, want)
	}
}

func TestKindsPairsEachNameWithItsPolicy(t *testing.T) {
	p := Policies{System: atMost(1), Organization: atMost(2), View: atMost(3), Personal: atMost(4)}
	want := map[string]int64{KindSystem: 1, KindOrganization: 2, KindView: 3, KindPersonal: 4}
	for _, k := range p.Kinds() {
		if k.MaxAgeMs != want[k.Name] {
			t.Errorf("%s has the policy %d, want %d", k.Name, k.MaxAgeMs, want[k.Name])
		}
	}
}

func TestEnforcingNamesTheKinds(t *testing.T) {
	p := Fresh()
	p.System.FilterID, p.View.FilterID, p.Personal.FilterID = "office", "office", "plant"
	if got, want := p.Enforcing("office"), []string{KindView, KindSystem}; !slices.Equal(got, want) {
		t.Errorf("office is enforced on %v, want %v", got, want)
	}
	if got := p.Enforcing("nobody"); got == nil || len(got) != 0 {
		t.Errorf("nobody is enforced on %#v, want none", got)
	}
}

// full is a policy with nothing left at its zero.
var full = Security{Enabled: true, MaxAgeMs: week, FilterID: "office", AllowUpdates: true}

func TestApply_AllSystemFieldsAbsent_TheSystemPolicyStays(t *testing.T) {
	got, err := Change{}.Apply(Policies{System: full, Organization: full, View: full, Personal: full})
	if err != nil || got != (Policies{System: full}) {
		t.Errorf("Apply = %+v, %v; want the system policy kept, the others replaced", got, err)
	}
}

func TestApply_EnabledGiven_TheSystemBlockIsReplaced(t *testing.T) {
	tests := []struct {
		name  string
		given SystemChange
		want  Security
	}{
		{"enabled alone: no maximum, no filter, updates off", SystemChange{Enabled: new(true)}, Security{Enabled: true}},
		{"disabled alone", SystemChange{Enabled: new(false)}, Security{}},
		{"all given", SystemChange{new(true), new(int64(1)), new(ipfilter.ID("plant")), new(true)}, Security{true, 1, "plant", true}},
		{"updates given as off", SystemChange{Enabled: new(true), AllowUpdates: new(false)}, Security{Enabled: true}},
		{"disabled with a maximum and a filter", SystemChange{new(false), new(int64(5)), new(ipfilter.ID("plant")), new(true)}, Security{false, 5, "plant", true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Change{System: test.given}.Apply(Policies{System: full})
			if err != nil || got.System != test.want {
				t.Errorf("Apply = %+v, %v; want %+v", got.System, err, test.want)
			}
		})
	}
}

func TestApply_OtherKindsAreReplaced(t *testing.T) {
	c := Change{
		Personal:     KindChange{Enabled: true, MaxAgeMs: new(int64(1))},
		View:         KindChange{FilterID: new(ipfilter.ID("plant"))},
		Organization: KindChange{AllowUpdates: true},
	}
	got, err := c.Apply(Policies{System: full, Organization: full, View: full, Personal: full})
	want := Policies{System: full, Personal: atMost(1), View: Security{FilterID: "plant"}, Organization: Security{AllowUpdates: true}}
	if err != nil || got != want {
		t.Errorf("Apply = %+v, %v\nwant %+v", got, err, want)
	}
}

func TestApply_PartOfTheSystemBlockWithoutEnabled_Refused(t *testing.T) {
	for name, given := range map[string]SystemChange{
		"a maximum": {MaxAgeMs: new(int64(1))},
		"a filter":  {FilterID: new(ipfilter.ID("office"))},
		"updates":   {AllowUpdates: new(false)},
	} {
		got, err := Change{System: given}.Apply(Fresh())
		wantField(t, err, fault.Invalid, "system.enabled", "whole policy is replaced")
		if got != (Policies{}) {
			t.Errorf("%s: refused, but gives %+v", name, got)
		}
	}
}

func TestApply_AMaximumOfNothingOrLess_IsNeverTakenForNoMaximum(t *testing.T) {
	for _, ms := range []int64{0, -1, -1 << 63} {
		k := KindChange{Enabled: true, MaxAgeMs: new(ms)}
		wantField(t, refusalOf(Change{Personal: k}), fault.Invalid, "personal.maxAge", "at least 1")
		wantField(t, refusalOf(Change{View: k}), fault.Invalid, "view.maxAge", "at least 1")
		wantField(t, refusalOf(Change{Organization: k}), fault.Invalid, "organization.maxAge", "at least 1")
		system := SystemChange{Enabled: new(true), MaxAgeMs: new(ms)}
		wantField(t, refusalOf(Change{System: system}), fault.Invalid, "system.maxAge", "at least 1")
	}
}

func TestApply_AFilterWithoutID_IsNeverTakenForNoFilter(t *testing.T) {
	k := KindChange{Enabled: true, FilterID: new(ipfilter.ID(""))}
	wantField(t, refusalOf(Change{Personal: k}), fault.Invalid, "personal.filter", "empty id")
	wantField(t, refusalOf(Change{View: k}), fault.Invalid, "view.filter", "empty id")
	wantField(t, refusalOf(Change{Organization: k}), fault.Invalid, "organization.filter", "empty id")
	system := SystemChange{Enabled: new(true), FilterID: new(ipfilter.ID(""))}
	wantField(t, refusalOf(Change{System: system}), fault.Invalid, "system.filter", "empty id")
}

func TestApply_TheShortestMaximumIsOneMillisecond(t *testing.T) {
	got, err := Change{Personal: KindChange{MaxAgeMs: new(int64(1))}}.Apply(Fresh())
	if err != nil || got.Personal.MaxAgeMs != 1 {
		t.Errorf("Apply = %+v, %v; want a maximum of 1 ms", got.Personal, err)
	}
}

func TestApply_AllThatIsWrongIsSaidAtOnce(t *testing.T) {
	bad := KindChange{MaxAgeMs: new(int64(0)), FilterID: new(ipfilter.ID(""))}
	f, ok := errors.AsType[*fault.Error](refusalOf(Change{View: bad, Personal: bad, System: SystemChange{MaxAgeMs: new(int64(0))}}))
	if !ok {
		t.Fatal("not refused")
	}
	want := []string{
		"personal.filter", "personal.maxAge",
		"system.enabled", "system.maxAge",
		"view.filter", "view.maxAge",
	}
	if got := slices.Sorted(maps.Keys(f.State)); !slices.Equal(got, want) {
		t.Errorf("fields = %v, want %v", got, want)
	}
}

func refusalOf(c Change) error {
	_, err := c.Apply(Fresh())
	return err
}
