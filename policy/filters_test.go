package policy

import (
	"net/netip"
	"testing"

	"tokenscale/fault"
	"tokenscale/ipfilter"
)

// "Deleting a filter that a token or a policy uses is refused, saying by how
// many it is used." Section 5 of the contract.

func TestIPFilters_DeletingOneInUse_RefusedSayingByHowMany(t *testing.T) {
	tests := []struct {
		name   string
		tokens int
		kinds  []string
		used   string // in the refusal; empty if it is allowed
	}{
		{"by nothing", 0, nil, ""},
		{"by nothing, with an empty list of policies", 0, []string{}, ""},
		{"by one token", 1, nil, "is used by 1 token, so"},
		{"by two tokens", 2, nil, "is used by 2 tokens, so"},
		{"by a policy", 0, []string{KindSystem}, "is used by the security policy for system tokens, so"},
		{"by two policies", 0, []string{KindView, KindSystem}, "is used by 2 security policies, for view, system tokens, so"},
		{"by a token and a policy", 1, []string{KindView}, "is used by 1 token and by the security policy for view tokens, so"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, by := range []Actor{ann(), RootActor()} {
				err := DeleteFilter(by, ipfilter.Filter{ID: "f1", Name: "office"}, test.tokens, test.kinds)
				if test.used != "" {
					wantRefusal(t, err, fault.Conflict, `The IP filter "office"`, test.used, "cannot be deleted")
				} else if err != nil {
					t.Errorf("refused: %v", err)
				}
			}
		})
	}
}

func TestSpanIsWrittenInTheLargestWholeUnit(t *testing.T) {
	for ms, want := range map[int64]string{
		1: "1ms", 1500: "1.5s", 59_999: "59.999s",
		60_000: "1 minute", 120_000: "2 minutes", 90_000: "1m30s",
		3_600_000: "1 hour", 5_400_000: "90 minutes", 7_200_000: "2 hours",
		86_399_999: "23h59m59.999s", 86_400_000: "1 day", 172_800_000: "2 days", 90_000_000: "25 hours",
		86_400_001: "86400001 milliseconds", 1<<63 - 1: "9223372036854775807 milliseconds",
	} {
		if got := span(ms); got != want {
			t.Errorf("span(%d) = %q, want %q", ms, got, want)
		}
	}
}

func TestRefiltering_TellsWhatNewRulesDoAtTheLastAddress(t *testing.T) {
	parse := func(text string) *ipfilter.Rules {
		r, err := ipfilter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	office, all, none := parse("allow 10.0.0.0/8"), parse("allow all"), parse("deny all")
	inside, outside := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("192.0.2.1")
	for name, c := range map[string]struct {
		old, next *ipfilter.Rules
		from      netip.Addr
		want      FilterEffect
	}{
		"passes before and after":               {all, office, inside, FilterKeeps},
		"passes no more":                        {all, office, outside, FilterRefuses},
		"passes only then":                      {none, office, inside, FilterAdmits},
		"is refused before and after":           {none, office, outside, FilterKeeps},
		"was never used":                        {all, none, netip.Addr{}, FilterKeeps},
		"rules that nobody can read let nobody": {nil, all, inside, FilterAdmits},
		"nor do such rules when they come":      {all, nil, inside, FilterRefuses},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Refiltering(c.old, c.next, c.from); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
