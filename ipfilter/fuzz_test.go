package ipfilter

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzIPFilterEval holds the package against a reference that shares no code
// with it: another parser of addresses, and numbers instead of prefixes.
func FuzzIPFilterEval(f *testing.F) {
	for _, text := range []string{
		"", "allow all", "deny all\nallow 192.168.0.1/24\ndeny 192.168.0.80", "deny 192.168.0.0/16; allow all",
		"# a\nallow 2001:db8::/32 # b; c\r\n\tDENY fe80::1%eth0/10", "allow ::ffff:10.0.0.0/104", "deny 10.0.0.0/9;deny 10.128.0.0/9;allow 10.0.0.0/8",
	} {
		f.Add(text, []byte{192, 168, 0, 80}, "eth0")
		f.Add(text, netip.MustParseAddr("fe80::1").AsSlice(), "")
	}
	f.Fuzz(func(t *testing.T, text string, raw []byte, zone string) {
		r, err := Parse(text)
		if err != nil {
			if r != nil || err.Error() == "" {
				t.Fatalf("Parse(%q) = %v, %q; want nil and a sentence", text, r, err)
			}
			return
		}
		hidden := r.Unreachable()
		for _, addr := range around(text, raw) {
			got, want := r.Decide(addr), reference(text, addr)
			if got.Allowed != want.Allowed || got.Line != want.Line {
				t.Errorf("%q: Decide(%s) = %+v, want %+v", text, addr, got, want)
			}
			if slices.Contains(hidden, got.Line) && !strings.Contains(text, ";") {
				t.Errorf("%q: line %d decides %s, but Unreachable names it", text, got.Line, addr)
			}
			if addr.Is4() {
				if mapped := netip.AddrFrom16(addr.As16()); r.Decide(mapped) != got {
					t.Errorf("%q: %s and %s are decided differently", text, addr, mapped)
				}
			} else if zoned := addr.WithZone(zone); r.Decide(zoned) != got {
				t.Errorf("%q: %s and %s are decided differently", text, addr, zoned)
			}
		}
	})
}

// around returns the given address and those at the edges of the first rules,
// where mistakes live.
func around(text string, raw []byte) []netip.Addr {
	var addrs []netip.Addr
	if addr, ok := netip.AddrFromSlice(raw); ok {
		addrs = append(addrs, addr.Unmap())
	}
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(" \t\r\n;#", c) }) {
		if len(addrs) > 100 {
			break
		}
		if p, reason := parsePrefix(word); reason == "" {
			first, last := edges(p)
			addrs = append(addrs, first, last, first.Prev(), last.Next())
		}
	}
	return slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !a.IsValid() || a.Is4In6() })
}

// edges returns the first and the last address of p, which is masked.
func edges(p netip.Prefix) (first, last netip.Addr) {
	bytes := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ = netip.AddrFromSlice(bytes)
	return p.Addr(), last
}

// reference decides about addr by a good text, slowly and plainly.
func reference(text string, addr netip.Addr) Decision {
	allows := false
	for i, line := range strings.Split(text, "\n") {
		for words := range strings.SplitSeq(strings.Split(line, "#")[0], ";") {
			fields := strings.Fields(words)
			if len(fields) == 0 {
				continue
			}
			allow := strings.ToLower(fields[0]) == "allow"
			allows = allows || allow
			if matches(strings.ToLower(fields[1]), addr) {
				return Decision{Allowed: allow, Line: i + 1}
			}
		}
	}
	return Decision{Allowed: !allows}
}

// matches compares the leading bits of two numbers.
func matches(where string, addr netip.Addr) bool {
	if where == "all" {
		return true
	}
	host, length, ranged := strings.Cut(where, "/")
	host, _, _ = strings.Cut(host, "%")
	ip, total := net.ParseIP(host), 128
	bits := 128
	if !strings.Contains(host, ":") {
		bits = 32
	}
	if ranged {
		bits, _ = strconv.Atoi(length)
	}
	if v4 := ip.To4(); v4 != nil {
		if strings.Contains(host, ":") {
			bits -= 96
		}
		ip, total = v4, 32
	}
	if addr.BitLen() != total {
		return false
	}
	shift := uint(total - bits)
	a := new(big.Int).SetBytes(ip)
	b := new(big.Int).SetBytes(addr.AsSlice())
	return a.Rsh(a, shift).Cmp(b.Rsh(b, shift)) == 0
}

// FuzzIPRule reads one rule: written from what was read it is read as the same
// rule, and it decides like two numbers, however the address is written.
func FuzzIPRule(f *testing.F) {
	for _, where := range []string{
		"all", "10.0.0.1", "192.168.0.1/24", "0.0.0.0/0", "::/0", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "fe80::1%eth0/10", "64:ff9b::10.0.0.1/96",
		"0177.0.0.1", "127.0.0.01", "127.1", "0x7f.0.0.1", "10.0.0.1.", " 10.0.0.1", "10.0.0.1\x00", "１0.0.0.1", "10.0.0.0/08", "::ffff:0:0/95",
	} {
		f.Add(true, where, []byte{10, 0, 0, 1}, "eth0")
		f.Add(false, where, netip.MustParseAddr("64:ff9b::a00:1").AsSlice(), "")
	}
	f.Fuzz(func(t *testing.T, allow bool, where string, raw []byte, zone string) {
		words := action(allow) + " " + where
		r, err := Parse(words)
		if err != nil || len(r.rules) != 1 || strings.ContainsAny(where, "#;\n") {
			return
		}
		_, read, _ := parseRule(words)
		if _, again, _ := parseRule(format(allow, read)); again != read {
			t.Errorf("%q is read as %+v, and written %q read as %+v", where, read, format(allow, read), again)
		}
		for _, addr := range around(where, raw) {
			want := matches(strings.ToLower(strings.Trim(where, blanks)), addr) == allow
			if addr.Is4() {
				addr = netip.AddrFrom16(addr.As16())
			}
			if got := r.Allows(addr.WithZone(zone)); got != want {
				t.Errorf("%s %q: %s is let in: %v, want %v", action(allow), where, addr.WithZone(zone), got, want)
			}
		}
	})
}

func action(allow bool) string {
	if allow {
		return "allow"
	}
	return "deny"
}

// format writes a rule in the one way that has no choice in it.
func format(allow bool, where place) string {
	if where.all {
		return action(allow) + " all"
	}
	return action(allow) + " " + where.prefix.String()
}

// someRules returns texts of a few ranges of a network of sixteen addresses.
func someRules() []string {
	dice := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, 2000)
	for i := range texts {
		for range 1 + dice.IntN(8) {
			texts[i] += fmt.Sprintf("%s 10.0.0.%d/%d\n", action(dice.IntN(2) == 0), dice.IntN(16), 28+dice.IntN(5))
		}
	}
	return texts
}

// A line that Unreachable does not name must have an address it decides.
func TestUnreachableNamesEveryHiddenLine(t *testing.T) {
	for _, text := range someRules() {
		r := mustParse(t, text)
		decides := map[int]bool{}
		for addr := netip.MustParseAddr("10.0.0.0"); addr.Less(netip.MustParseAddr("10.0.0.16")); addr = addr.Next() {
			decides[r.Decide(addr).Line] = true
		}
		for i := range r.rules {
			line := int(r.rules[i].line)
			if hidden := slices.Contains(r.Unreachable(), line); hidden == decides[line] {
				t.Errorf("%q: line %d decides: %v, named unreachable: %v", text, line, decides[line], hidden)
			}
		}
	}
}
