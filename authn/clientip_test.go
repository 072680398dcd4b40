package authn

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestClientIP(t *testing.T) {
	trusted := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48"), netip.MustParsePrefix("127.0.0.1/32"),
	}
	tests := []struct {
		name  string
		peer  string
		lines []string // of X-Forwarded-For
		want  string   // empty for no address
	}{
		{"without a proxy it is the peer", "192.0.2.1:1000", nil, "192.0.2.1"},
		{"a stranger's header is not read", "192.0.2.1:1000", []string{"203.0.113.9"}, "192.0.2.1"},
		{"a stranger's nonsense is not read", "192.0.2.1:1000", []string{"unknown"}, "192.0.2.1"},
		{"a trusted proxy is believed", "10.0.0.1:1000", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a trusted proxy without a header speaks for itself", "10.0.0.1:1000", nil, "10.0.0.1"},
		{"the first address that is not ours wins, from the right", "10.0.0.1:1000", []string{"198.51.100.1, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"what a client wrote on the left changes nothing", "10.0.0.1:1000", []string{"10.0.0.66, 127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"nonsense that a client wrote on the left changes nothing", "10.0.0.1:1000", []string{"' OR 1=1, , unknown, 203.0.113.9"}, "203.0.113.9"},
		{"several lines are one list", "10.0.0.1:1000", []string{"198.51.100.1", "203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
		{"a forged first line does not win", "10.0.0.1:1000", []string{"10.0.0.5", "203.0.113.9"}, "203.0.113.9"},
		{"if all are ours it is the farthest", "10.0.0.1:1000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"an empty header from a proxy is unreadable", "10.0.0.1:1000", []string{""}, ""},
		{"an empty element is unreadable", "10.0.0.1:1000", []string{"203.0.113.9, "}, ""},
		{"an empty second line is unreadable", "10.0.0.1:1000", []string{"203.0.113.9", ""}, ""},
		{"a proxy's nonsense is no address", "10.0.0.1:1000", []string{"203.0.113.9, unknown"}, ""},
		{"a hidden name is no address", "10.0.0.1:1000", []string{"_hidden"}, ""},
		{"a host name is no address", "10.0.0.1:1000", []string{"client.example.org"}, ""},
		{"the syntax of the other header is no address", "10.0.0.1:1000", []string{`for="[2001:db8::1]:47"`}, ""},
		{"a leading zero is no address", "10.0.0.1:1000", []string{"203.0.113.09"}, ""},
		{"an address and more words are no address", "10.0.0.1:1000", []string{"203.0.113.9 10.0.0.2"}, ""},
		{"a range is no address", "10.0.0.1:1000", []string{"203.0.113.0/24"}, ""},
		{"a port is dropped", "10.0.0.1:1000", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"a bad port is unreadable", "10.0.0.1:1000", []string{"203.0.113.9:99999"}, ""},
		{"an IPv6 address with a port is read", "10.0.0.1:1000", []string{"[2001:db8::1]:47"}, "2001:db8::1"},
		{"an IPv6 address in brackets is read", "10.0.0.1:1000", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"an IPv4 address in brackets is not", "10.0.0.1:1000", []string{"[203.0.113.9]"}, ""},
		{"half a bracket is not", "10.0.0.1:1000", []string{"[2001:db8::1"}, ""},
		{"a tab is white space", "10.0.0.1:1000", []string{"198.51.100.1,\t203.0.113.9\t"}, "203.0.113.9"},
		{"IPv4 inside IPv6 is IPv4, in the peer", "[::ffff:10.0.0.1]:1000", []string{"203.0.113.9"}, "203.0.113.9"},
		{"IPv4 inside IPv6 is IPv4, in a hop", "10.0.0.1:1000", []string{"::ffff:203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
		{"a zone is dropped, in the peer", "[fe80::1%eth0]:1000", nil, "fe80::1"},
		{"a zone is dropped, in a hop", "10.0.0.1:1000", []string{"fe80::1%25"}, "fe80::1"},
		{"proxies may speak IPv6", "[2001:db8:ffff::1]:1000", []string{"203.0.113.9, 2001:db8:ffff::2"}, "203.0.113.9"},
		{"64 proxies are believed", "10.0.0.1:1000", []string{"203.0.113.9" + strings.Repeat(",10.0.0.2", mostHops-1)}, "203.0.113.9"},
		{"more are not", "10.0.0.1:1000", []string{"203.0.113.9" + strings.Repeat(",10.0.0.2", mostHops)}, ""},
		{"10,000 are not", "10.0.0.1:1000", []string{"203.0.113.9" + strings.Repeat(",10.0.0.2", 10000)}, ""},
		{"a peer that is no address has none", "@", []string{"203.0.113.9"}, ""},
		{"a peer without a port has none", "192.0.2.1", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"Forwarded": {"for=10.9.9.9"}}}
			if test.lines != nil {
				r.Header["X-Forwarded-For"] = test.lines
			}
			got := ClientIP(r, trusted)
			if want := addrOf(test.want); got != want {
				t.Errorf("ClientIP = %v, want %v", got, want)
			}
		})
	}
}

// addrOf reads an address; the empty string is none.
func addrOf(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(text)
}

func TestClientIPTrustsNobodyUnlessTold(t *testing.T) {
	r := &http.Request{RemoteAddr: "127.0.0.1:1", Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}}
	if got := ClientIP(r, nil); got != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("ClientIP = %v, want the peer", got)
	}
}

// Whatever a stranger puts before what the proxy appends, the answer is the
// address the proxy saw.
func FuzzXFF(f *testing.F) {
	for _, forged := range []string{"", "10.0.0.1", "unknown, ,", "127.0.0.1,10.0.0.2", "[::1]:80", "\t;for=1", strings.Repeat(",", 200)} {
		f.Add(forged)
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, forged string) {
		for _, lines := range [][]string{{forged + ",203.0.113.9"}, {forged, "203.0.113.9"}, {forged, "203.0.113.9, 10.0.0.2"}} {
			r := &http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"X-Forwarded-For": lines}}
			if got := ClientIP(r, trusted); got != netip.MustParseAddr("203.0.113.9") {
				t.Errorf("ClientIP of %q = %v, want what the proxy saw", lines, got)
			}
		}
	})
}
