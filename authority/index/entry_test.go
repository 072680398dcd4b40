package index

import (
	"net/netip"
	"testing"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
)

// What stands of a token for judging its use is all that decides about it.
func TestAUseIsJudgedAsByTheWholeToken(t *testing.T) {
	x := New()
	x.SetFilter(ipfilter.Filter{ID: "one", Text: "allow 192.0.2.0/24"})
	outcomes := map[policy.Outcome]bool{}
	for i := range 500 {
		v := anyToken(i, 100)
		put(x, v)
		if x.SetFilter(ipfilter.Filter{ID: "two", Text: "deny all"}); i%9 == 0 {
			x.DistrustFilter("two")
		}
		rule := policy.Security{Enabled: i%7 > 0, MaxAgeMs: int64(i % 3), FilterID: []ipfilter.ID{"", "one"}[i%2]}
		x.Update(func(b *Batch) { b.SetHistory(policy.History{Policies: policy.Policies{System: rule}}) })
		e := find(t, x, v.ID)
		for _, from := range []netip.Addr{home, netip.MustParseAddr("10.1.1.1"), {}} {
			at := epoch.Millis(i % 5)
			got, outcome := policy.Actor{}, e.Bounds().Usable(from, at)
			if outcome == policy.Accepted {
				e.Holder(&got)
			}
			want, wanted := rule.Usable(v, x, from, at)
			if got != want || outcome != wanted {
				t.Fatalf("%+v from %s: %v %+v, want %v %+v", v, from, outcome, got, wanted, want)
			}
			outcomes[outcome] = true
		}
	}
	for _, o := range []policy.Outcome{policy.Accepted, policy.Expired, policy.Disabled, policy.Filtered, policy.Unreadable, policy.Damaged} {
		if !outcomes[o] {
			t.Errorf("no use was judged as %s", o)
		}
	}
}
