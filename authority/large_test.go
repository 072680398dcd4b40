package authority_test

import (
	"testing"
	"time"

	"tokenscale/authority/authoritytest"
	"tokenscale/token"
)

func TestOneHundredThousandTokensUnderAChange(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	h := authoritytest.Open(t)
	born := h.Clock.Millis()
	seed(t, h, n, func(i int, v *token.Token) {
		// A quarter each is 0, 1, 2 and 3 hours old.
		v.CreatedAt = born.Add(-time.Duration(i%4) * time.Hour)
		if i%8 >= 4 {
			v.ExpireAt = born.Add(10 * minute)
		}
	})
	c := change(maximum(2 * time.Hour))
	promised, err := h.Impact(t.Context(), root(), c, 0, 1)
	must(t, err)
	begun := time.Now()
	set(t, h, maximum(2*time.Hour))
	t.Logf("%d tokens took %v", n, time.Since(begun))
	got := map[string]int{}
	for _, v := range h.All() {
		switch {
		case v.ExpireAt > v.CreatedAt.Add(2*time.Hour) || v.ExpireAt == 0:
			got["wrong"]++
		case v.ExpireAt == born.Add(10*minute):
			got["kept"]++
		default:
			got["capped"]++
		}
	}
	if got["wrong"] > 0 || got["kept"] != n/4 || got["capped"] != n/4 {
		t.Errorf("got %v of %d tokens", got, n)
	}
	if promised.Deleted != n/2 || promised.Capped != got["capped"] || promised.Unchanged != got["kept"] {
		t.Errorf("the preview promised %d deleted, %d capped, %d unchanged", promised.Deleted, promised.Capped, promised.Unchanged)
	}
}
