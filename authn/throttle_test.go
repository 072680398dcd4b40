package authn

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tokenscale/loop"
)

// clock is a time that stands until it is told to go on.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newThrottle() (*Throttle, *clock) {
	c := &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	return NewThrottle(c.now, loop.Rest, 64), c
}

// fails returns how many of n refusals at from are answered at once.
func fails(t *Throttle, n int, from string) (quick int) {
	for range n {
		if t.Refused(addrOf(from)) == 0 {
			quick++
		}
	}
	return quick
}

func TestThrottle_AHundredAtOnceThenOneEachSecond(t *testing.T) {
	th, c := newThrottle()
	if got := fails(th, 1000, "192.0.2.1"); got != refusalsAtOnce {
		t.Errorf("%d were answered at once, want %d", got, refusalsAtOnce)
	}
	if got := th.Refused(addrOf("192.0.2.1")); got != time.Second {
		t.Errorf("the wait is %v, want 1s", got)
	}
	c.at = c.at.Add(999 * time.Millisecond)
	if got := th.Refused(addrOf("192.0.2.1")); got <= 0 || got > 2*time.Millisecond {
		t.Errorf("a moment before it is over the wait is %v, want that moment", got)
	}
	c.at = c.at.Add(time.Millisecond)
	if got := fails(th, 10, "192.0.2.1"); got != 1 {
		t.Errorf("after a second %d were answered, want 1", got)
	}
	c.at = c.at.Add(time.Hour)
	if got := fails(th, 1000, "192.0.2.1"); got != refusalsAtOnce {
		t.Errorf("after an hour %d were answered, want %d and no more", got, refusalsAtOnce)
	}
	c.at = c.at.Add(-2 * time.Hour)
	if got := fails(th, 1000, "192.0.2.1"); got != 0 {
		t.Errorf("after the clock was set back %d were answered, want none, and nothing worse", got)
	}
}

func TestThrottle_OtherClientsAreNotTouched(t *testing.T) {
	th, _ := newThrottle()
	fails(th, 1000, "192.0.2.1")
	fails(th, 1000, "2001:db8::1")
	for _, other := range []string{"192.0.2.2", "192.0.3.1", "2001:db8:0:1::1", ""} {
		if got := fails(th, refusalsAtOnce, other); got != refusalsAtOnce {
			t.Errorf("%q: %d were answered, want %d", other, got, refusalsAtOnce)
		}
	}
}

func TestThrottle_AllSpellingsOfAClientShareOneBucket(t *testing.T) {
	for _, same := range [][]string{
		{"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1%eth0"},
		{"2001:db8::1", "2001:DB8:0::1", "2001:db8::2", "2001:db8::ffff:ffff:ffff:ffff", "2001:db8::1%eth0", "2001:0db8:0000:0000:0000:0000:0000:0001"},
		{"fe80::1%eth0", "fe80::1%eth1", "fe80::1"},
	} {
		th, _ := newThrottle()
		fails(th, refusalsAtOnce, same[0])
		for _, spelling := range same {
			if got := fails(th, 5, spelling); got != 0 {
				t.Errorf("%s after %s: %d were answered, want none", spelling, same[0], got)
			}
		}
	}
}

func TestThrottle_TakesNoMoreMemoryForAMillionClients(t *testing.T) {
	th, _ := newThrottle()
	dice := rand.New(rand.NewPCG(1, 2))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	many := 1_000_000
	if testing.Short() {
		many = 100_000
	}
	for i := range many {
		var a [16]byte
		a[0], a[1] = 0x20, 1
		for j := 2; j < 8; j++ {
			a[j] = byte(dice.Uint32())
		}
		from := netip.AddrFrom16(a)
		if i%2 == 0 {
			from = netip.AddrFrom4([4]byte(a[4:8]))
		}
		th.Refused(from)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got := int64(after.HeapAlloc) - int64(before.HeapAlloc); got > 16<<20 || th.offenders.Len() != mostClients {
		t.Errorf("a million clients take %d KiB for %d of them, want at most 16 MiB for %d", got>>10, th.offenders.Len(), mostClients)
	}
	runtime.KeepAlive(th)
}

func TestThrottle_NilNeverSlowsDown(t *testing.T) {
	if got := fails(nil, 1000, "192.0.2.1"); got != 1000 {
		t.Errorf("%d of 1000 were answered", got)
	}
}

// While a client is told to slow down, a good credential from its very address
// is let in: a limit must not be a way to lock others out.
func TestProtect_AFloodFromOneAddressLocksNobodyOut(t *testing.T) {
	synctest.Test(t, floodFromOneAddress)
}

func floodFromOneAddress(t *testing.T) {
	s := newStand(t)
	var c *clock
	s.authn.Throttle, c = newThrottle()
	bad := []string{"unknown", "wrong", "expired", "disabled", "damaged", "gibberish"}
	seen := map[int]int{}
	for i := range 5000 {
		res := s.ask("Authorization", "Bearer "+bad[i%len(bad)])
		seen[res.StatusCode]++
		if res.StatusCode == 429 && (res.Header.Get("Retry-After") != "1" || res.Header.Get("WWW-Authenticate") != "") {
			t.Fatalf("429 with %v, want Retry-After: 1 and no challenge", res.Header)
		}
		if i%100 == 0 {
			if res := s.ask("Authorization", "Bearer good"); res.StatusCode != 200 {
				t.Fatalf("the good token got %d after %d bad ones", res.StatusCode, i)
			}
		}
	}
	if seen[401] != refusalsAtOnce || seen[429] != 5000-refusalsAtOnce {
		t.Errorf("the answers were %v, want %d times 401 and then 429", seen, refusalsAtOnce)
	}
	if len(s.refusals) != 5000 {
		t.Errorf("%d refusals were told, want all 5000", len(s.refusals))
	}
	if res := s.ask(); res.StatusCode != 401 {
		t.Errorf("no credential at all: %d, want 401: it is no failure", res.StatusCode)
	}
	c.at = c.at.Add(time.Second)
	if res := s.ask("Authorization", "Bearer wrong"); res.StatusCode != 401 {
		t.Errorf("after a second: %d, want 401 again", res.StatusCode)
	}
}

// The 429 must not tell one bad credential from another, and a filter's 403
// is counted like the rest.
func TestProtect_TheAnswerToAFloodIsTheSameForAll(t *testing.T) {
	s := newStand(t)
	s.authn.Throttle = NewThrottle((&clock{}).now, func(context.Context, time.Duration) error { return nil }, 64)
	for range refusalsAtOnce {
		s.ask("Authorization", "Bearer wrong")
	}
	var first string
	for _, auth := range []string{"Bearer unknown", "Bearer wrong", "Bearer expired", "Bearer filtered", "Nonsense", "Bearer disabled"} {
		r := httptest.NewRequest("POST", "/graphql", nil)
		r.RemoteAddr = "192.0.2.7:9"
		r.Header.Set("Authorization", auth)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		w.Header().Del("X-Request-Id")
		got := fmt.Sprint(w.Code, w.Header(), w.Body)
		if first == "" {
			first = got
		}
		if w.Code != http.StatusTooManyRequests || got != first {
			t.Errorf("%s: %s\nwant %s", auth, got, first)
		}
	}
}

// Whoever goes on failing gets an answer when the next try is due. What else
// comes from there does not wait for it, and a good credential never.
func TestProtect_AnswersToAFloodAreDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t)
		s.authn.Throttle = NewThrottle(time.Now, loop.Rest, 64)
		took := func(credential string) time.Duration {
			began := time.Now()
			s.ask("Authorization", "Bearer "+credential)
			return time.Since(began)
		}
		for range refusalsAtOnce {
			if wait := took("wrong"); wait != 0 {
				t.Fatalf("one of the first was delayed by %v", wait)
			}
		}
		for _, plain := range []bool{false, true} {
			s.authn.Plain = plain
			if wait := took("wrong"); wait != time.Second {
				t.Errorf("who goes on failing is answered after %v, want a second (plain: %v)", wait, plain)
			}
			took("wrong") // takes the try that has become due
			if wait := took("good"); wait != 0 {
				t.Errorf("a good credential from there is answered after %v", wait)
			}
		}
	})
}

// A delayed answer keeps a connection, and a proxy must not run out of them.
func TestThrottle_DelaysSoManyAnswersAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := NewThrottle(time.Now, loop.Rest, 64)
		fails(th, refusalsAtOnce, "192.0.2.1")
		for range 2 { // what was delayed is forgotten
			began, quick := time.Now(), atomic.Int64{}
			for range 100 {
				go func() {
					th.Delay(t.Context(), addrOf("192.0.2.1"))
					if time.Since(began) == 0 {
						quick.Add(1)
					}
				}()
			}
			synctest.Wait()
			if got := quick.Load(); got != 100-64 {
				t.Errorf("of 100 answers %d are given at once, want all but 64", got)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			th.Refused(addrOf("192.0.2.1")) // takes the try that has become due
		}
	})
}

func TestThrottle_ADelayEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := NewThrottle(time.Now, loop.Rest, 1)
		fails(th, refusalsAtOnce, "192.0.2.1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began := time.Now()
		th.Delay(ctx, addrOf("192.0.2.1"))
		if got := time.Since(began); got != time.Millisecond {
			t.Errorf("it took %v, want the millisecond that the client waited", got)
		}
	})
}

// One after the other a client gets one answer at once in each interval, and one
// that was delayed for as long; not fewer.
func TestThrottle_AClientThatAsksAgainAndAgainGetsAnAnswerInEachInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := NewThrottle(time.Now, loop.Rest, 64).Allowing(500, 10*time.Millisecond)
		began := time.Now()
		for range 1500 {
			th.Delay(t.Context(), addrOf("192.0.2.1"))
		}
		if took := time.Since(began); took < 4900*time.Millisecond || took > 5100*time.Millisecond {
			t.Errorf("1500 answers took %v, want 5 s: 500 at once and two hundred a second", took)
		}
	})
}

func BenchmarkThrottle(b *testing.B) {
	th, _ := newThrottle()
	from := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		th.Refused(from)
	}
}
