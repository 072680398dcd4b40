package policy

import (
	"net/netip"
	"testing"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// "A change that would shut out the caller's own token is refused with a
// message that says so; root is never shut out." Section 6 of the contract.

// policies returns those of a new installation, but for the system policy.
func policies(system Security) Policies {
	p := Fresh()
	p.System = system
	return p
}

// setBy tries the change from old to next as the holder of own, from a place.
func setBy(t *testing.T, own token.Token, old, next Security, from netip.Addr) error {
	by := ActorOf(own)
	by.Permissions, by.IP = ann().Permissions, from
	return Set(by, own, policies(old), policies(next), filters(t), noon)
}

func TestChangeOfPolicy_ThatShutsOutItsAuthor_Refused(t *testing.T) {
	tests := []struct {
		name string
		own  token.Token
		next Security
		from netip.Addr
		word string
	}{
		{"disabling the type", living(noon), Security{}, home, "it allows no system tokens"},
		{"a maximum as long as the token is old", living(noon - day), atMost(int64(Days)), home, "older than the maximum life"},
		{"a maximum shorter than the token is old", living(noon - day), atMost(1), home, "older than the maximum life"},
		{"a filter that does not let the author in", living(noon), enforcing("office"), home, "does not let in the address you are calling from"},
		{"a filter, from an address nobody could read", living(noon), enforcing("all"), netip.Addr{}, "does not let in the address"},
		{"a filter that does not exist", living(noon), enforcing("gone"), home, "cannot be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := setBy(t, test.own, open, test.next, test.from)
			wantRefusal(t, err, fault.Conflict, "shut out your own token", test.word, "Nothing was changed", "root")
		})
	}
}

func TestChangeOfPolicy_ThatSparesItsAuthor_Allowed(t *testing.T) {
	tests := []struct {
		name      string
		own       token.Token
		old, next Security
		from      netip.Addr
	}{
		{"a maximum a millisecond longer than the token is old", living(noon - day), open, atMost(int64(Days) + 1), home},
		{"a filter that lets the author in", living(noon), open, enforcing("office"), office},
		{"the filter the author has", filtered(noon, "office"), open, enforcing("office"), office},
		{"enforcement removed", filtered(noon, "office"), enforcing("office"), open, office},
		{"the enforced filter left as it is", filtered(noon, "office"), enforcing("office"), Security{Enabled: true, FilterID: "office", AllowUpdates: true}, office},
		{"permission updates on", living(noon), open, Security{Enabled: true, AllowUpdates: true}, home},
		{"nothing", expiring(noon, noon+1), open, open, home},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := setBy(t, test.own, test.old, test.next, test.from); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestChangeOfPolicy_ByRoot_NeverShutsItOut(t *testing.T) {
	for _, next := range []Security{{}, atMost(1), enforcing("nobody"), enforcing("gone")} {
		if err := Set(RootActor(), token.Token{}, Fresh(), policies(next), filters(t), noon); err != nil {
			t.Errorf("%+v refused: %v", next, err)
		}
	}
}

func TestChangeOfPolicy_TheTokenOfTheAuthorMustBeShown(t *testing.T) {
	if err := Set(ann(), token.Token{}, Fresh(), Fresh(), filters(t), noon); err == nil {
		t.Error("allowed without a look at the author's token")
	}
}

func TestNoEscalation_TheHolderOfAFilterMayEnforceNoOther(t *testing.T) {
	own := filtered(noon, "office")
	for _, next := range []ipfilter.ID{"site", "all", "plant"} {
		err := setBy(t, own, open, enforcing(next), office)
		wantRefusal(t, err, fault.Forbidden, "bound to the IP filter office")
	}
}

func TestNoEscalation_AnotherKindsFilterBindsNobody(t *testing.T) {
	own, next := filtered(noon, "office"), Fresh()
	next.Personal.FilterID, next.View.FilterID, next.Organization.FilterID = "all", "plant", "nobody"
	by := ActorOf(own)
	by.Permissions, by.IP = ann().Permissions, office
	if err := Set(by, own, Fresh(), next, filters(t), noon); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestSetDoesNotAskWhetherAnUnchangedFilterMayBeEnforced(t *testing.T) {
	// The author's token is from before the enforcement.
	own := filtered(noon, "site")
	next := Security{Enabled: true, FilterID: "office", MaxAgeMs: week}
	if err := setBy(t, own, enforcing("office"), next, office); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestSetAsksAtThisMoment(t *testing.T) {
	for _, test := range []struct {
		now  epoch.Millis
		want bool
	}{{noon + day - 1, true}, {noon + day, false}} {
		own := living(noon)
		by := ann()
		err := Set(by, own, Fresh(), policies(atMost(int64(Days))), filters(t), test.now)
		if (err == nil) != test.want {
			t.Errorf("at %s: %v, want allowed %v", test.now, err, test.want)
		}
	}
}
