package ipfilter

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// nestedRules returns a text of ranges that hold each other, touch, and end at
// the ends of the families, written in all the ways there are.
func nestedRules(dice *rand.Rand, n int) string {
	pick := func(of ...string) string { return of[dice.IntN(len(of))] }
	var b strings.Builder
	for range n {
		act := action(dice.IntN(2) == 0)
		switch dice.IntN(14) {
		case 0:
			if dice.IntN(4) == 0 {
				fmt.Fprintf(&b, "%s all\n", act)
			}
		case 1, 2, 3, 4:
			address := pick("::", "2001:db8::", "2001:db8:0:1::", "ffff:ffff:ffff:ffff::", "fe80::") + pick("", "1", "2", "1:ffff:ffff")
			zone := pick("", "", "", "%eth0")
			fmt.Fprintf(&b, "%s %s%s/%s\n", act, address, zone, pick("0", "1", "8", "32", "63", "64", "65", "100", "127", "128"))
		case 5:
			fmt.Fprintf(&b, "%s ::ffff:10.0.%d.%d/%s\n", act, dice.IntN(2), dice.IntN(4), pick("96", "97", "104", "120", "126", "127", "128"))
		default:
			address := pick("0.0.0.", "10.0.0.", "10.0.1.", "127.255.255.", "128.0.0.", "255.255.255.")
			fmt.Fprintf(&b, "%s %s%s/%s%s", act, address, pick("0", "1", "4", "7", "254", "255"), pick("0", "1", "8", "16", "24", "28", "29", "30", "31", "32"), pick("\n", "\n", "; "))
		}
	}
	return b.String()
}

func TestRangesDecideAsTheFirstRuleThatMatches(t *testing.T) {
	asked := 0
	for seed := range uint64(2000) {
		dice := rand.New(rand.NewPCG(seed, 9))
		text := nestedRules(dice, int(seed%60))
		r := mustParse(t, text)
		raw := make([]byte, 16)
		for i := range raw {
			raw[i] = byte(dice.Uint32())
		}
		deciding := map[int]bool{}
		for _, addr := range append(around(text, raw), around("", raw[:4])...) {
			asked++
			want := reference(text, addr)
			got := r.Decide(addr)
			if got.Allowed != want.Allowed || got.Line != want.Line {
				t.Fatalf("%s is decided %+v, want %+v, by\n%s", addr, got, want, text)
			}
			if mapped := netip.AddrFrom16(addr.As16()).WithZone("eth1"); r.Decide(mapped) != got {
				t.Fatalf("%s and %s are decided differently by\n%s", addr, mapped, text)
			}
			deciding[got.Line] = true
		}
		for _, line := range r.Unreachable() {
			if deciding[line] && !strings.Contains(text, ";") {
				t.Fatalf("line %d decides, but is named unreachable, in\n%s", line, text)
			}
		}
		if !slices.IsSorted(r.v4.from) || !slices.IsSortedFunc(r.v6.from, wide.compare) {
			t.Fatalf("the ranges are not in order, of\n%s", text)
		}
	}
	t.Log(asked, "addresses asked")
}

// publishedRanges is a text like the published ranges of a service, with
// different ranges, every fifth of them IPv6.
func publishedRanges(n int) string {
	dice := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for i := range n {
		if i%5 == 4 {
			fmt.Fprintf(&b, "allow 2a01:%x:%x::/48\n", dice.IntN(65536), dice.IntN(65536))
			continue
		}
		fmt.Fprintf(&b, "%s %d.%d.%d.0/%d\n", action(i%10 > 0), 1+dice.IntN(223), dice.IntN(256), dice.IntN(256), 20+dice.IntN(13))
	}
	return b.String()
}

// Time is not asserted; what is logged tells whether something is quadratic.
func TestTenThousandRulesAreReadAndTold(t *testing.T) {
	for _, n := range []int{100, 1000, MaxRules} {
		for name, text := range map[string]string{
			"published ranges": publishedRanges(n),
			"one in another":   strings.Repeat("deny 10.0.0.0/8;", n-1) + "allow all",
		} {
			begin := time.Now()
			r := mustParse(t, text)
			parsed := time.Now()
			hidden := r.Unreachable()
			t.Logf("%6d rules, %s: read in %v, %d lines unreachable in %v, %d and %d ranges", n, name,
				parsed.Sub(begin), len(hidden), time.Since(parsed), len(r.v4.from), len(r.v6.from))
			if r.Len() != n {
				t.Errorf("%d rules were read of %d", r.Len(), n)
			}
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000, MaxRules} {
		r, err := Parse(publishedRanges(n))
		if err != nil {
			b.Fatal(err)
		}
		dice := rand.New(rand.NewPCG(5, 6))
		addrs := make([]netip.Addr, 4096)
		for i := range addrs {
			raw := [16]byte{0x2a, 1}
			for at := 2; at < 16; at++ {
				raw[at] = byte(dice.Uint32())
			}
			addrs[i] = netip.AddrFrom16(raw)
			if i%5 > 0 {
				addrs[i] = netip.AddrFrom4([4]byte(raw[2:]))
			}
		}
		b.Run(fmt.Sprint(n, " rules"), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r.Allows(addrs[i%len(addrs)])
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 1000, MaxRules} {
		text := publishedRanges(n)
		b.Run(fmt.Sprint(n, " rules"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
