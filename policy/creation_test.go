package policy

import (
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

// The table "At creation" of section 6 of the contract.

func TestAtCreation_TypeDisabled_Refused(t *testing.T) {
	for _, by := range []Actor{ann(), RootActor()} {
		_, err := Security{MaxAgeMs: week, AllowUpdates: true}.Admit(by, Draft{Name: "x"}, noon)
		wantRefusal(t, err, fault.Forbidden, "security policy", "does not allow system tokens")
	}
}

func TestAtCreation_MaximumSetNoExpiryAsked_TheMaximumIsUsed(t *testing.T) {
	for _, ms := range []int64{1, 999, week} {
		got := mustAdmit(t, Security{Enabled: true, MaxAgeMs: ms}, Draft{Name: "x"})
		if want := noon + epoch.Millis(ms); got.ExpireAt != want {
			t.Errorf("maximum %d ms: expires %d, want %d", ms, got.ExpireAt, want)
		}
	}
}

func TestAtCreation_MaximumSetLongerAsked_RefusedNamingTheMaximum(t *testing.T) {
	tests := []struct {
		name    string
		maximum int64
		asked   Expiry
		field   string
		word    string
	}{
		{"one millisecond longer", week, until(noon + 7*day + 1), "expireAt", "at most 7 days."},
		{"to the end of time", week, until(epoch.End - 1), "expireAt", "at most 7 days."},
		{"a day longer, in days", week, after(8, Days), "expiresIn", "at most 7 days."},
		{"an hour longer, in hours", int64(Hours), after(2, Hours), "expiresIn", "at most 1 hour."},
		{"a minute longer, in minutes", 90 * int64(Minutes), after(91, Minutes), "expiresIn", "at most 90 minutes."},
		{"than a maximum of seconds", 1500, after(1, Minutes), "expiresIn", "at most 1.5s."},
		{"than a maximum that is no whole unit", int64(Days) + 1, after(2, Days), "expiresIn", "at most 86400001 milliseconds."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Security{Enabled: true, MaxAgeMs: test.maximum}
			for _, by := range []Actor{ann(), RootActor()} {
				_, err := s.Admit(by, Draft{Name: "x", Expiry: test.asked}, noon)
				wantField(t, err, fault.Forbidden, test.field, test.word)
				wantRefusal(t, err, fault.Forbidden, test.word)
			}
		})
	}
}

func TestAtCreation_MaximumSetJustThatOrLessAsked_WhatWasAskedIsUsed(t *testing.T) {
	s := Security{Enabled: true, MaxAgeMs: week}
	tests := []struct {
		name  string
		asked Expiry
		want  epoch.Millis
	}{
		{"just the maximum", until(noon + 7*day), noon + 7*day},
		{"just the maximum, in days", after(7, Days), noon + 7*day},
		{"a millisecond less", until(noon + 7*day - 1), noon + 7*day - 1},
		{"the least there is", until(noon + 1), noon + 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := mustAdmit(t, s, Draft{Name: "x", Expiry: test.asked}); got.ExpireAt != test.want {
				t.Errorf("expires %d, want %d", got.ExpireAt, test.want)
			}
		})
	}
}

func TestAtCreation_FilterEnforcedNoneAsked_TheEnforcedFilter(t *testing.T) {
	got := mustAdmit(t, Security{Enabled: true, FilterID: "office"}, Draft{Name: "x"})
	if got.FilterID != "office" {
		t.Errorf("filter = %q, want office", got.FilterID)
	}
}

func TestAtCreation_FilterEnforcedAnotherAsked_Refused(t *testing.T) {
	s := Security{Enabled: true, FilterID: "office"}
	for _, by := range []Actor{ann(), RootActor()} {
		_, err := s.Admit(by, Draft{Name: "x", FilterID: "plant"}, noon)
		wantField(t, err, fault.Forbidden, "ipFilterId", "enforces the IP filter office")
	}
}

func TestAtCreation_FilterEnforcedThatOneAsked_TheEnforcedFilter(t *testing.T) {
	got := mustAdmit(t, Security{Enabled: true, FilterID: "office"}, Draft{Name: "x", FilterID: "office"})
	if got.FilterID != "office" {
		t.Errorf("filter = %q, want office", got.FilterID)
	}
}

func TestAtCreation_FreshInstallation_WhatIsAskedIsGiven(t *testing.T) {
	d := Draft{Name: "  a name ", Permissions: permission.Of(permission.PatchGlobal), FilterID: "plant", Expiry: until(noon + day)}
	got, err := open.Admit(ann(), d, noon)
	want := token.Token{
		Name: "a name", Permissions: d.Permissions, FilterID: "plant",
		ExpireAt: noon + day, CreatedAt: noon, IssuedAt: noon, CreatedBy: "ann",
	}
	if err != nil || got != want {
		t.Errorf("Admit = %+v, %v\nwant %+v", got, err, want)
	}
}

func TestAtCreation_NoMaximumNoExpiryAsked_NeverExpires(t *testing.T) {
	if got := mustAdmit(t, open, Draft{Name: "x"}); got.ExpireAt != 0 || got.FilterID != "" {
		t.Errorf("expires %s, filter %q; want never and none", got.ExpireAt, got.FilterID)
	}
}

func TestAtCreation_ARefusalGivesNoToken(t *testing.T) {
	bound := ann()
	bound.FilterID = "office"
	refusals := map[string]func() (token.Token, error){
		"no permission": func() (token.Token, error) { return open.Admit(holding(), Draft{Name: "x"}, noon) },
		"bad name":      func() (token.Token, error) { return open.Admit(ann(), Draft{}, noon) },
		"disabled":      func() (token.Token, error) { return Security{}.Admit(ann(), Draft{Name: "x"}, noon) },
		"other filter": func() (token.Token, error) {
			return Security{Enabled: true, FilterID: "office"}.Admit(ann(), Draft{Name: "x", FilterID: "all"}, noon)
		},
		"wider filter": func() (token.Token, error) { return open.Admit(bound, Draft{Name: "x"}, noon) },
	}
	for name, admit := range refusals {
		if got, err := admit(); err == nil || got != (token.Token{}) {
			t.Errorf("%s: %+v, %v; want no token and a refusal", name, got, err)
		}
	}
}

func TestAtCreation_TheInputIsLookedAtBeforeThePolicy(t *testing.T) {
	_, err := Security{}.Admit(ann(), Draft{}, noon)
	wantField(t, err, fault.Invalid, "name")
}

func TestAtCreation_WhatIsAdmittedIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, d := anyPolicy.Draw(t, "policy"), anyDraft.Draw(t, "draft")
		got, err := s.Admit(RootActor(), d, noon)
		if err != nil {
			return
		}
		if again, verdict := s.Judge(got, noon); verdict != Keep || again != got {
			t.Fatalf("%+v admits %+v, then judges it %d: %+v", s, got, verdict, again)
		}
	})
}

// A stricter policy admits less, and what both admit ends no later.
func TestAtCreation_AStricterPolicyAdmitsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lax, d := anyPolicy.Draw(t, "policy"), anyDraft.Draw(t, "draft")
		strict := stricter(t, lax)
		got, err := strict.Admit(RootActor(), d, noon)
		if err != nil {
			return
		}
		wide, err := lax.Admit(RootActor(), d, noon)
		if err != nil || got.Outlives(wide.ExpireAt) || wide.FilterID != "" && got.FilterID != wide.FilterID {
			t.Fatalf("%+v admits %+v\n%+v admits %+v, %v", strict, got, lax, wide, err)
		}
	})
}
