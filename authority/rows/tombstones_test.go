package rows_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestTombstones_ComeBackAsTheyWereWritten(t *testing.T) {
	all := rows.New(rowstest.Keys(t, "a"))
	from := netip.MustParseAddr("2001:db8::1")
	for _, v := range []rows.Tombstone{
		{Token: token.Token{Number: 7, ID: "a", Name: "nurse", ExpireAt: 5}, End: rows.End{At: 9, Why: token.EndExpired}},
		{Token: token.Token{Number: 7, ID: "a"}, End: rows.EndByPolicy(policy.Tightening{At: 9, By: "b", ByName: "anna", Rule: policy.Security{Enabled: true, MaxAgeMs: 1 << 50}})},
		{
			Token: token.Token{Number: 1 << 40, ID: "b", Note: "call ops", ReplacedBy: "c", CreatedBy: "localroot", Permissions: 3, FilterID: "f", CreatedAt: 1, IssuedAt: 2},
			End:   rows.End{At: 10, Why: token.EndRotated, By: "localroot", ByName: "localroot"},
			Used:  rows.Use{At: 8, From: from}, Tried: rows.Use{At: 11, From: netip.MustParseAddr("10.0.0.1")},
		},
	} {
		got, err := all.Tombstones.Decode([]byte(v.Key()), all.Tombstones.Seal(v.Key(), v))
		if diff := cmp.Diff(got, v, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || err != nil {
			t.Errorf("%v, (-got +want):\n%s", err, diff)
		}
	}
}

func TestTombstones_ARowThatIsNoneIsRefused(t *testing.T) {
	all := rows.New(rowstest.Keys(t, "a"))
	v := rows.Tombstone{Token: token.Token{Number: 7, ID: "a"}, End: rows.End{At: 9, Why: token.EndDeleted}}
	for name, key := range map[string]string{"of another token": rows.TombstoneKey(9, "b"), "without an id": rows.TombstoneKey(9, "")} {
		if _, err := all.Tombstones.Decode([]byte(key), all.Tombstones.Seal(key, v)); err == nil {
			t.Errorf("a row %s is taken", name)
		}
	}
	v.Why = token.NotEnded
	if _, err := all.Tombstones.Decode([]byte(v.Key()), all.Tombstones.Seal(v.Key(), v)); err == nil {
		t.Error("one that has not ended is taken")
	}
}
