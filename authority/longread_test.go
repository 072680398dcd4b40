package authority_test

import (
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/store"
)

// An open reader that does not end is told of by the next round.
func TestHousekeeping_ALongReadIsTold(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("x"))
	const words = "a read of the store has lasted long"
	must(t, h.DB.View(t.Context(), func(store.Reader) error {
		h.Clock.Pass(authority.LongRead)
		h.Round(t.Context())
		if strings.Contains(h.Log.String(), words) {
			t.Error("a read of 10 seconds is told")
		}
		h.Clock.Pass(1)
		h.Round(t.Context())
		return nil
	}))
	if !strings.Contains(h.Log.String(), words) {
		t.Error("a longer one is not")
	}
}
