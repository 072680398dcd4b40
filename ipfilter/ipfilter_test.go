package ipfilter

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mustParse parses a text that the test knows to be good.
func mustParse(t testing.TB, text string) *Rules {
	t.Helper()
	r, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return r
}

func TestDecide(t *testing.T) {
	const office = "# the office\nallow 10.0.0.0/8\n\ndeny 10.0.0.66\nallow 2001:db8::/32\n"
	tests := []struct {
		name string
		text string
		addr string
		want Decision
	}{
		{"first match wins over a later deny", office, "10.0.0.66", Decision{true, 2, "allow 10.0.0.0/8"}},
		{"IPv6 is matched by IPv6", office, "2001:db8::1", Decision{true, 5, "allow 2001:db8::/32"}},
		{"nothing matches: denied, since an allow rule stands in the filter", office, "192.0.2.1", Decision{}},
		{"nothing matches: allowed, since only deny rules stand in it", "deny 10.0.0.1", "10.0.0.2", Decision{Allowed: true}},
		{"an empty filter lets everybody in", "", "10.0.0.2", Decision{Allowed: true}},
		{"comments alone let everybody in", "# allow all\n", "10.0.0.2", Decision{Allowed: true}},
		{"an allow rule in a comment is no allow rule", "deny 10.0.0.1 # not: allow all", "10.0.0.2", Decision{Allowed: true}},
		{"a semicolon ends a rule", "deny 192.168.0.0/16; allow all", "192.168.3.4", Decision{false, 1, "deny 192.168.0.0/16"}},
		{"the rule after a semicolon is on the same line", "deny 192.168.0.0/16; allow all", "10.0.0.1", Decision{true, 1, "allow all"}},
		{"a semicolon in a comment ends no rule", "deny 10.0.0.1 # old; allow 10.0.0.2", "10.0.0.2", Decision{Allowed: true}},
		{"a comment may follow a rule", "allow 10.0.0.1 # Ann", "10.0.0.1", Decision{true, 1, "allow 10.0.0.1"}},
		{"words may be in any case", "ALLOW 2001:DB8::1\nDeny All", "2001:db8::1", Decision{true, 1, "ALLOW 2001:DB8::1"}},
		{"lines may end as on Windows", "deny 10.0.0.1\r\nallow all\r\n", "10.0.0.2", Decision{true, 2, "allow all"}},
		{"tabs and spaces may stand anywhere", "\t allow \t 10.0.0.1  ", "10.0.0.1", Decision{true, 1, "allow \t 10.0.0.1"}},
		{"host bits are masked", "allow 192.168.0.1/24", "192.168.0.200", Decision{true, 1, "allow 192.168.0.1/24"}},
		{"the last address of a range is in it", "allow 192.168.0.0/24", "192.168.0.255", Decision{true, 1, "allow 192.168.0.0/24"}},
		{"the address after a range is not", "allow 192.168.0.0/24", "192.168.1.0", Decision{}},
		{"a range of length 0 is all IPv4", "deny 0.0.0.0/0", "203.0.113.9", Decision{false, 1, "deny 0.0.0.0/0"}},
		{"a range of length 0 is not IPv6", "deny 0.0.0.0/0", "2001:db8::1", Decision{Allowed: true}},
		{"::/0 is not IPv4", "deny ::/0", "203.0.113.9", Decision{Allowed: true}},
		{"all is IPv4", "deny all", "203.0.113.9", Decision{false, 1, "deny all"}},
		{"all is IPv6", "deny all", "2001:db8::1", Decision{false, 1, "deny all"}},
		{"IPv4 inside IPv6 is IPv4", "allow 10.0.0.0/8", "::ffff:10.0.0.1", Decision{true, 1, "allow 10.0.0.0/8"}},
		{"a rule of IPv4 inside IPv6 is IPv4", "allow ::ffff:10.0.0.1", "10.0.0.1", Decision{true, 1, "allow ::ffff:10.0.0.1"}},
		{"a range of IPv4 inside IPv6 is IPv4", "allow ::ffff:10.0.0.0/104", "10.200.0.1", Decision{true, 1, "allow ::ffff:10.0.0.0/104"}},
		{"the whole of IPv4 inside IPv6 is all IPv4", "deny ::ffff:0:0/96", "203.0.113.9", Decision{false, 1, "deny ::ffff:0:0/96"}},
		{"a range of one IPv4 address is that address", "allow 10.0.0.1/32", "10.0.0.1", Decision{true, 1, "allow 10.0.0.1/32"}},
		{"a range of one IPv6 address is that address", "allow 2001:db8::1/128", "2001:db8::1", Decision{true, 1, "allow 2001:db8::1/128"}},
		{"a range of one address of IPv4 inside IPv6 is that address", "allow ::ffff:10.0.0.1/128", "10.0.0.1", Decision{true, 1, "allow ::ffff:10.0.0.1/128"}},
		{"a range within NAT64 is IPv6", "allow 64:ff9b::10.0.0.0/104", "64:ff9b::10.0.0.1", Decision{true, 1, "allow 64:ff9b::10.0.0.0/104"}},
		{"a range within NAT64 lets in no IPv4", "allow 64:ff9b::10.0.0.0/104", "10.0.0.1", Decision{}},
		{"a zone of the address is dropped", "deny fe80::/10", "fe80::1%eth0", Decision{false, 1, "deny fe80::/10"}},
		{"a zone of the rule is dropped", "deny fe80::1%eth0", "fe80::1", Decision{false, 1, "deny fe80::1%eth0"}},
		{"a zone of a range is dropped", "deny fe80::1%eth0/10", "febf::1%lo", Decision{false, 1, "deny fe80::1%eth0/10"}},
		{"NAT64 stays IPv6", "allow 10.0.0.1", "64:ff9b::10.0.0.1", Decision{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mustParse(t, test.text).Decide(netip.MustParseAddr(test.addr))
			if got != test.want {
				t.Errorf("Decide(%s) = %+v, want %+v\nin %q", test.addr, got, test.want, test.text)
			}
		})
	}
}

// The filters that stand in LogScale's own documentation, read as first match
// wins.
func TestDocumentedFilters(t *testing.T) {
	tests := []struct {
		name    string
		text    string
		allowed []string
		refused []string
	}{
		{"deny all before the rest refuses everybody",
			"deny all\nallow 192.168.0.1/24\ndeny 192.168.0.80", nil, []string{"192.168.0.2", "192.168.0.80", "10.0.0.1", "::1"}},
		{"deny all at the end refuses who is not on the list",
			"allow 192.168.0.1/24\nallow 10.0.0.1\nallow 2001:db8::/32\ndeny all",
			[]string{"192.168.0.80", "10.0.0.1", "2001:db8::7"}, []string{"192.168.1.1", "2001:db9::"}},
		{"the list for outgoing connections lets in all but one range",
			"deny 192.168.0.0/16; allow all", []string{"10.0.0.1", "2001:db8::1"}, []string{"192.168.0.1"}},
		{"the example of updateIPFilter refuses everybody",
			"deny all\ndeny 127.0.0.1\nallow 10.0.0.0/24\nallow 192.168.0.0/8\n", nil, []string{"10.0.0.1", "192.168.0.1", "127.0.0.1"}},
		{"the operator's sample lets in all but one",
			"deny 192.168.1.24\nallow all", []string{"192.168.1.25", "::1"}, []string{"192.168.1.24"}},
		{"the operator's allow rule alone lets in only that",
			"allow 127.0.0.1", []string{"127.0.0.1", "::ffff:127.0.0.1"}, []string{"127.0.0.2", "::1"}},
		{"a range written with host bits spans the whole range",
			"allow 192.168.0.0/8", []string{"192.1.2.3"}, []string{"193.0.0.0"}},
		{"a filter of one deny rule lets in all others",
			"deny 127.0.0.1", []string{"10.0.0.1", "::1"}, []string{"127.0.0.1"}},
		{"link-local addresses can be refused",
			"deny fe80::/10", []string{"2001:db8::1", "10.0.0.1"}, []string{"fe80::1", "fe80::1%eth0"}},
		{"a listing with its source in a comment is fine",
			"# From https://www.iana.org/\ndeny 10.0.0.0/8\n# end", []string{"11.0.0.1"}, []string{"10.0.0.1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := mustParse(t, test.text)
			for _, addr := range test.allowed {
				if !r.Allows(netip.MustParseAddr(addr)) {
					t.Errorf("%s is refused, want it allowed, by %q", addr, test.text)
				}
			}
			for _, addr := range test.refused {
				if r.Allows(netip.MustParseAddr(addr)) {
					t.Errorf("%s is allowed, want it refused, by %q", addr, test.text)
				}
			}
		})
	}
}

func TestNobodyPasses(t *testing.T) {
	one := netip.MustParseAddr("10.0.0.1")
	var none *Rules
	if none.Allows(one) || none.Len() != 0 || none.Unreachable() != nil {
		t.Error("nil Rules let somebody in, want nobody")
	}
	if new(Rules).Allows(one) {
		t.Error("the zero Rules let somebody in, want nobody")
	}
	for _, text := range []string{"", "allow all", "deny 10.0.0.1"} {
		if mustParse(t, text).Allows(netip.Addr{}) {
			t.Errorf("%q lets an unreadable address in, want it refused", text)
		}
	}
}

func TestUnreachable(t *testing.T) {
	tests := []struct {
		name string
		text string
		want []int
	}{
		{"nothing hides a list without overlap", "allow 10.0.0.1\nallow 10.0.0.2\ndeny all", nil},
		{"a wider rule hides a narrower one", "allow 10.0.0.0/8\ndeny 10.0.0.66", []int{2}},
		{"a narrower rule hides no wider one", "deny 10.0.0.66\nallow 10.0.0.0/8", nil},
		{"the same rule twice is hidden once", "allow 10.0.0.1\nallow 10.0.0.1", []int{2}},
		{"all hides everything after it", "deny all\nallow ::1\nallow 10.0.0.1\ndeny all", []int{2, 3, 4}},
		{"two halves together hide the whole", "allow 10.0.0.0/9\ndeny 10.128.0.0/9\nallow 10.0.0.0/8", []int{3}},
		{"the halves may come in any order", "deny 10.128.0.0/9\nallow 10.0.0.0/9\nallow 10.0.0.0/8", []int{3}},
		{"three quarters hide no whole", "allow 10.0.0.0/9\ndeny 10.128.0.0/10\nallow 10.0.0.0/8", nil},
		{"IPv4 and IPv6 together hide all", "allow 0.0.0.0/0\nallow ::/0\ndeny all", []int{3}},
		{"IPv4 alone does not hide all", "allow 0.0.0.0/0\ndeny all", nil},
		{"IPv4 inside IPv6 is hidden by IPv4", "allow 10.0.0.0/8\ndeny ::ffff:10.0.0.1", []int{2}},
		{"a bridge between two spans joins them", "deny 10.0.0.0\ndeny 10.0.0.2\ndeny 10.0.0.1\ndeny 10.0.0.3\nallow 10.0.0.0/30", []int{5}},
		{"a wider rule hides itself, with a narrower one between", "allow 10.0.0.0/31\nallow 10.0.0.0\nallow 10.0.0.0/31", []int{2, 3}},
		{"what lies between two spans is in neither", "deny 10.0.0.8\ndeny 10.0.0.0\ndeny 10.0.0.4", nil},
		{"what lies below two joined spans is not in them", "deny 10.0.0.4/31\ndeny 10.0.0.2/31\nallow 10.0.0.1", nil},
		{"nor if they come in order", "deny 10.0.0.2/31\ndeny 10.0.0.4/31\nallow 10.0.0.1", nil},
		{"all hides the last addresses", "deny all\nallow 255.255.255.255\nallow ffff::1", []int{2, 3}},
		{"half of all does not hide all", "deny 0.0.0.0/1; deny ::/1\nallow all", nil},
		{"a line with two hidden rules is told once", "allow all\ndeny 10.0.0.1; deny 10.0.0.2", []int{2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mustParse(t, test.text).Unreachable()
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("Unreachable of %q (-got +want):\n%s", test.text, diff)
			}
		})
	}
}

func TestDecideAllocatesNothing(t *testing.T) {
	r := mustParse(t, "deny 10.0.0.0/8\ndeny fe80::/10\nallow 192.0.2.0/24")
	addr := netip.MustParseAddr("fe81::1%eth0")
	if got := testing.AllocsPerRun(100, func() { r.Decide(addr) }); got != 0 {
		t.Errorf("Decide allocates %v times, want 0", got)
	}
}
