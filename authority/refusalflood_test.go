package authority_test

import (
	"context"
	"crypto/rand"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
	"tokenscale/token"
)

// Eight attackers with a thousand addresses present unknown, wrong and
// malformed strings, as fast as they can be judged, while the counts are written
// again and again.
// With SOAK=1 there are as many as a hundred thousand a second make in twenty.
func TestRefused_AFloodIsCountedExactlyOnLittleDisk(t *testing.T) {
	const attackers = 8
	each := 10_000 / attackers
	if os.Getenv("SOAK") != "" {
		each = 2_000_000 / attackers
	}
	h := authoritytest.Open(t)
	known, good := h.Token(draft("guessed at"))
	_, unknown, err := token.Mint(rand.Reader)
	must(t, err)
	wrong, err := token.MintFor(known.ID, rand.Reader)
	must(t, err)
	guesses := []string{unknown.Reveal(), wrong.Reveal(), "malformed"}
	before := h.DB.Stats().Used
	began := time.Now()
	var all sync.WaitGroup
	for n := range attackers {
		all.Go(func() {
			for i := range each {
				from := netip.AddrFrom4([4]byte{198, 51, byte(i % 125), byte(n)})
				by, outcome := h.Verify(guesses[i%len(guesses)], from)
				by.IP = from
				h.Refused(context.Background(), by, outcome)
			}
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	rounds := 0
	for going := true; going; rounds++ {
		must(t, h.FlushRefusals(t.Context()))
		select {
		case <-ended:
			going = false
		case <-time.After(time.Second / 2):
		}
	}
	took := time.Since(began)
	must(t, h.FlushRefusals(t.Context()))
	entries, count := counted(h)
	grown := h.DB.Stats().Used - before
	t.Logf("%d refusals in %v, %.0f a second: %d entries in %d rounds about %d, %.2f MiB",
		attackers*each, took, float64(attackers*each)/took.Seconds(), entries, rounds, count, float64(grown)/(1<<20))
	if count != attackers*each {
		t.Errorf("%d were counted, want %d", count, attackers*each)
	}
	if grown > 10<<20 {
		t.Errorf("the store grew by %d bytes, want at most 10 MiB", grown)
	}
	if _, outcome := h.Verify(good, here); outcome != policy.Accepted {
		t.Errorf("the good string is %v", outcome)
	}
}
