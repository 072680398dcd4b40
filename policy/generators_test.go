package policy

import (
	"math"
	"net/netip"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// The generators keep to a few milliseconds around noon and a few filters, so
// that what they draw meets at the edges.

var (
	anySet = rapid.Custom(func(t *rapid.T) permission.Set {
		return permission.Set(rapid.Uint64Range(0, uint64(permission.All)).Draw(t, "set"))
	})
	anyFilter   = rapid.SampledFrom([]ipfilter.ID{"", "office", "plant", "site", "all", "nobody"})
	anyMaximum  = rapid.Int64Range(0, 8)
	anyCreation = rapid.Custom(func(t *rapid.T) epoch.Millis { return noon - epoch.Millis(rapid.IntRange(0, 8).Draw(t, "age")) })
	anyExpiry   = rapid.Custom(func(t *rapid.T) epoch.Millis {
		if rapid.Bool().Draw(t, "endless") {
			return 0
		}
		return noon + epoch.Millis(rapid.IntRange(-4, 12).Draw(t, "end"))
	})
	anyPlace = rapid.SampledFrom(places)

	anyPolicy = rapid.Custom(func(t *rapid.T) Security {
		return Security{
			Enabled:      rapid.IntRange(0, 9).Draw(t, "enabled") > 0,
			MaxAgeMs:     anyMaximum.Draw(t, "maximum"),
			FilterID:     anyFilter.Draw(t, "filter"),
			AllowUpdates: rapid.Bool().Draw(t, "updates"),
		}
	})

	anyDraft = rapid.Custom(func(t *rapid.T) Draft {
		d := Draft{Name: "x", Permissions: anySet.Draw(t, "permissions"), FilterID: anyFilter.Draw(t, "filter")}
		if at := anyExpiry.Draw(t, "expiry"); at != 0 {
			d.Expiry = until(at)
		}
		return d
	})

	anyToken = rapid.Custom(func(t *rapid.T) token.Token {
		return token.Token{
			ID: "t", Name: "t", Permissions: anySet.Draw(t, "permissions"), FilterID: anyFilter.Draw(t, "filter"),
			CreatedAt: anyCreation.Draw(t, "created"), ExpireAt: anyExpiry.Draw(t, "expiry"),
		}
	})

	// anyNumber is any int64, most often one at which something may go over.
	anyNumber = rapid.OneOf(rapid.Int64(), rapid.Custom(func(t *rapid.T) int64 {
		edge := rapid.SampledFrom([]int64{0, math.MinInt64, math.MaxInt64, int64(noon), -int64(noon), int64(epoch.End)}).Draw(t, "edge")
		return edge + rapid.Int64Range(-3, 3).Draw(t, "off") // may wrap around, which is as good
	}))
	anyMoment = rapid.Custom(func(t *rapid.T) epoch.Millis { return epoch.Millis(anyNumber.Draw(t, "moment")) })
)

var places = []netip.Addr{home, office, plant, {}}

// stricter draws a policy that is at least as strict as s, with no filter in
// the place of another: of two filters neither need be the stricter.
func stricter(t *rapid.T, s Security) Security {
	s.Enabled = s.Enabled && rapid.Bool().Draw(t, "stays enabled")
	if s.MaxAgeMs == 0 {
		s.MaxAgeMs = anyMaximum.Draw(t, "stricter maximum")
	} else {
		s.MaxAgeMs = rapid.Int64Range(1, s.MaxAgeMs).Draw(t, "stricter maximum")
	}
	if s.FilterID == "" {
		s.FilterID = anyFilter.Draw(t, "stricter filter")
	}
	return s
}
