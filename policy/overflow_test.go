package policy

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/token"
)

// Whatever the numbers are, nothing panics, and nothing comes to mean "never
// expires" by going over. Rows on disk are sealed, but a rule that relies on
// that is one flipped sign from letting a token live for ever.

// anyWildToken has any number wherever a number can stand.
var anyWildToken = rapid.Custom(func(t *rapid.T) token.Token {
	return token.Token{ID: "t", CreatedAt: anyMoment.Draw(t, "created"), ExpireAt: anyMoment.Draw(t, "expiry")}
})

// sum returns a + b as it is without bounds.
func sum(a, b int64) *big.Int { return new(big.Int).Add(big.NewInt(a), big.NewInt(b)) }

func TestNumbers_JudgeUnderAMaximumAlwaysLeavesAnExpiry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, in, now := atMost(anyNumber.Draw(t, "maximum")), anyWildToken.Draw(t, "token"), anyMoment.Draw(t, "now")
		out, verdict := s.Judge(in, now)
		if s.MaxAgeMs == 0 {
			if verdict != Keep || out != in {
				t.Fatalf("no maximum, yet %+v became %d %+v", in, verdict, out)
			}
			return
		}
		if verdict == Delete {
			return
		}
		if out.ExpireAt == 0 || out.Outlives(in.ExpireAt) || out.ExpireAt >= epoch.End {
			t.Fatalf("maximum %d: %+v became %+v", s.MaxAgeMs, in, out)
		}
		limit := sum(int64(in.CreatedAt), max(s.MaxAgeMs, 0))
		if one := big.NewInt(1); limit.Cmp(one) < 0 {
			limit = one
		}
		if big.NewInt(int64(out.ExpireAt)).Cmp(limit) > 0 {
			t.Fatalf("maximum %d: %+v lives until %d, beyond %s", s.MaxAgeMs, in, out.ExpireAt, limit)
		}
	})
}

func TestNumbers_ADamagedMaximumLetsNothingThatExistsLive(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		s := atMost(rapid.Int64Max(-1).Draw(t, "maximum"))
		in := anyToken.Draw(t, "token")
		if _, outcome := judgedUsable(s, in, known, home, noon); outcome != Expired {
			t.Fatalf("maximum %d: %s", s.MaxAgeMs, outcome)
		}
	})
}

func TestNumbers_AnExpiryAskedForIsNeverNever(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := anyMoment.Draw(t, "now")
		d := Draft{Name: "x", Expiry: after(anyNumber.Draw(t, "amount"), Unit(anyNumber.Draw(t, "unit")))}
		if rapid.Bool().Draw(t, "real unit") {
			d.Expiry.In.Unit = rapid.SampledFrom([]Unit{Minutes, Hours, Days}).Draw(t, "unit")
		}
		if rapid.Bool().Draw(t, "a moment") {
			d.Expiry = until(anyMoment.Draw(t, "at"))
		}
		got, err := open.Admit(RootActor(), d, now)
		if err == nil && (got.ExpireAt <= max(now, 0) || got.ExpireAt >= epoch.End) {
			t.Fatalf("asked at %d: expires %d", now, got.ExpireAt)
		}
		if in := d.Expiry.In; err == nil && in != nil {
			want := new(big.Int).Mul(big.NewInt(in.Amount), big.NewInt(int64(in.Unit)))
			want.Add(want, big.NewInt(int64(max(now, 0))))
			if want.Cmp(big.NewInt(int64(got.ExpireAt))) != 0 {
				t.Fatalf("%+v from %d: expires %d, want %s", *in, now, got.ExpireAt, want)
			}
		}
	})
}

func TestNumbers_UnderAMaximumEveryNewTokenEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := atMost(anyNumber.Draw(t, "maximum"))
		got, err := s.Admit(RootActor(), Draft{Name: "x"}, anyMoment.Draw(t, "now"))
		if err == nil && s.MaxAgeMs != 0 && (got.ExpireAt == 0 || got.ExpireAt >= epoch.End) {
			t.Fatalf("maximum %d: expires %d", s.MaxAgeMs, got.ExpireAt)
		}
	})
}

func TestNumbers_AGracePeriodAlwaysEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, grace, now := anyWildToken.Draw(t, "token"), time.Duration(anyNumber.Draw(t, "grace")), anyMoment.Draw(t, "now")
		out := InGrace(in, "next", grace, now)
		if out.ExpireAt == 0 || out.Outlives(in.ExpireAt) {
			t.Fatalf("%+v with a grace of %d at %d became %+v", in, grace, now, out)
		}
	})
}

func TestNumbers_AGracePeriodThatIsAllowedIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := anyNumber.Draw(t, "ms")
		if got, err := GracePeriod("grace", ms); err == nil && (got < 0 || got > Grace || got.Milliseconds() != ms) {
			t.Fatalf("GracePeriod(%d) = %v", ms, got)
		}
	})
}

func TestNumbers_RotateAndUseNeverPanicNorLengthenALife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, in, now := atMost(anyNumber.Draw(t, "maximum")), anyWildToken.Draw(t, "token"), anyMoment.Draw(t, "now")
		if by, outcome := s.Usable(in, nil, home, now); outcome == Accepted {
			if by.ExpireAt != 0 && by.ExpireAt <= now || (token.Token{ExpireAt: by.ExpireAt}).Outlives(in.ExpireAt) {
				t.Fatalf("%+v at %d is used until %d", in, now, by.ExpireAt)
			}
		}
		next, err := Rotate(RootActor(), in, now)
		if err == nil && (next.Outlives(in.ExpireAt) || next.Expired(now) || next.CreatedAt != in.CreatedAt) {
			t.Fatalf("%+v at %d is rotated to %+v", in, now, next)
		}
	})
}

func TestNumbers_AnEndIsAMomentThatCanBeWritten(t *testing.T) {
	for in, want := range map[epoch.Millis]epoch.Millis{
		-1 << 63: 1, -1: 1, 0: 1, 1: 1, 2: 2, noon: noon,
		epoch.End - 1: epoch.End - 1, epoch.End: epoch.End - 1, 1<<63 - 1: epoch.End - 1,
	} {
		if got := ending(in); got != want {
			t.Errorf("ending(%d) = %d, want %d", in, got, want)
		}
	}
}
