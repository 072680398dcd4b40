package authn

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// The proxies of these tests: one network, one of IPv6, one address.
var ours = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48"), netip.MustParsePrefix("127.0.0.1/32"),
}

// from returns the address that ClientIP finds for a peer and lines of the header.
func from(peer string, lines ...string) netip.Addr {
	r := &http.Request{RemoteAddr: peer, Header: http.Header{}}
	if lines != nil {
		r.Header["X-Forwarded-For"] = lines
	}
	return ClientIP(r, ours)
}

// What one of our proxies writes as the last hop, and what is read in it.
func TestXFF_AHopIsOneAddressOrNone(t *testing.T) {
	for hop, want := range map[string]string{
		"203.0.113.9":           "203.0.113.9",
		" 203.0.113.9":          "203.0.113.9",
		"203.0.113.9\t":         "203.0.113.9",
		"\t \t203.0.113.9 \t ":  "203.0.113.9",
		"203.0.113.9:0":         "203.0.113.9",
		"203.0.113.9:65535":     "203.0.113.9",
		"203.0.113.9:65536":     "",
		"203.0.113.9:":          "",
		"203.0.113.9:-1":        "",
		"203.0.113.9:http":      "",
		"203.0.113.9:4711:4711": "",
		"203.0.113.9\r":         "",
		"203.0.113.9\n":         "",
		"203.0.113.9\r\nX-Forwarded-For: 10.0.0.1": "",
		"203.0.113.9\x00":                          "",
		"203.0.113.9\v":                            "",
		"203.0.113.9\u00a0":                        "",
		"203.0.113.9.":                             "",
		"203.0.113.9;10.0.0.1":                     "",
		"203.0.113.9/32":                           "",
		"203.0.113":                                "",
		"203.0.113.256":                            "",
		"203.0.113.-9":                             "",
		"203.0.113.0x9":                            "",
		"0313.0.113.9":                             "",
		"3405803785":                               "",
		"２03.0.113.9":                              "",
		"":                                         "",
		" ":                                        "",
		"\t":                                       "",
		"-":                                        "",
		"unknown":                                  "",
		"UNKNOWN":                                  "",
		"_hidden":                                  "",
		"_SEVKISEK":                                "",
		"null":                                     "",
		"localhost":                                "",
		"for=203.0.113.9":                          "",
		"for=\"[2001:db8::1]:47\"":                 "",
		"\"203.0.113.9\"":                          "",
		"'203.0.113.9'":                            "",
		"<203.0.113.9>":                            "",
		"(203.0.113.9)":                            "",
		"203.0.113.9 (a comment)":                  "",
		"http://203.0.113.9/":                      "",
		"2001:db8::1":                              "2001:db8::1",
		"2001:DB8:0:0:0:0:0:1":                     "2001:db8::1",
		"[2001:db8::1]":                            "2001:db8::1",
		"[2001:db8::1]:47":                         "2001:db8::1",
		" [2001:db8::1]:47 ":                       "2001:db8::1",
		"[2001:db8::1]:":                           "",
		"[2001:db8::1]47":                          "",
		"[[2001:db8::1]]":                          "",
		"[2001:db8::1":                             "",
		"2001:db8::1]":                             "",
		"[]":                                       "",
		"[":                                        "",
		"]":                                        "",
		"[ 2001:db8::1 ]":                          "",
		"2001:db8::1::":                            "",
		"2001:db8::g":                              "",
		"2001:db8::1/64":                           "",
		// Without brackets there is no port.
		"2001:db8::1:47":          "2001:db8::1:47",
		"::":                      "::",
		"0.0.0.0":                 "0.0.0.0",
		"::ffff:203.0.113.9":      "203.0.113.9",
		"::ffff:cb00:7109":        "203.0.113.9",
		"[::ffff:203.0.113.9]":    "203.0.113.9",
		"[::ffff:203.0.113.9]:47": "203.0.113.9",
		"::203.0.113.9":           "::203.0.113.9", // the retired form stays IPv6
		"64:ff9b::203.0.113.9":    "64:ff9b::cb00:7109",
		"fe80::1%eth0":            "fe80::1",
		"[fe80::1%eth0]":          "fe80::1",
		"[fe80::1%eth0]:47":       "fe80::1",
		"::ffff:203.0.113.9%eth0": "203.0.113.9",
		"203.0.113.9%eth0":        "",
		"fe80::1%":                "",
		"[203.0.113.9]:47":        "",
		"10.0.0.1":                "10.0.0.1", // ours, and nobody before it
		strings.Repeat("9", 1000): "",
		"203.0.113.9" + strings.Repeat(" ", 10_000): "203.0.113.9",
	} {
		for _, lines := range [][]string{{hop}, {"198.51.100.1", hop}, {"198.51.100.1," + hop}} {
			want := want
			if want == "10.0.0.1" && (len(lines) > 1 || strings.Contains(lines[0], ",")) {
				want = "198.51.100.1"
			}
			if got := from("10.0.0.1:1000", lines...); got != addrOf(want) {
				t.Errorf("%q: %v, want %q", lines, got, want)
			}
		}
		if got := from("192.0.2.1:1000", hop); got != addrOf("192.0.2.1") {
			t.Errorf("a stranger writes %q and is %v, want its own address", hop, got)
		}
	}
}

// Which address of a chain is the client's.
func TestXFF_AChainIsReadFromTheRight(t *testing.T) {
	for name, test := range map[string]struct {
		peer  string
		lines []string
		want  string
	}{
		"forged on the left":                           {"10.0.0.1:1", []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		"forged as one of ours":                        {"10.0.0.1:1", []string{"10.0.0.9, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"forged in a line before":                      {"10.0.0.1:1", []string{"127.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		"forged in two lines before":                   {"10.0.0.1:1", []string{"127.0.0.1", "10.0.0.9", "203.0.113.9"}, "203.0.113.9"},
		"forged behind an empty element":               {"10.0.0.1:1", []string{"127.0.0.1,,203.0.113.9"}, "203.0.113.9"},
		"an empty element written by ours":             {"10.0.0.1:1", []string{"203.0.113.9,,10.0.0.2"}, ""},
		"an empty line between":                        {"10.0.0.1:1", []string{"203.0.113.9", "", "10.0.0.2"}, ""},
		"an empty element at the end":                  {"10.0.0.1:1", []string{"203.0.113.9,"}, ""},
		"only commas":                                  {"10.0.0.1:1", []string{",,,"}, ""},
		"only empty lines":                             {"10.0.0.1:1", []string{"", ""}, ""},
		"nonsense written by ours":                     {"10.0.0.1:1", []string{"203.0.113.9, unknown, 10.0.0.2"}, ""},
		"nonsense left of the client":                  {"10.0.0.1:1", []string{"unknown, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"all ours":                                     {"10.0.0.1:1", []string{"10.0.0.4, 10.0.0.3, 10.0.0.2"}, "10.0.0.4"},
		"all ours, in lines":                           {"10.0.0.1:1", []string{"10.0.0.4", "10.0.0.3", "10.0.0.2"}, "10.0.0.4"},
		"all ours but the first, which is nonsense":    {"10.0.0.1:1", []string{"_hidden, 10.0.0.3, 10.0.0.2"}, ""},
		"ours of both families":                        {"[2001:db8:ffff::1]:1", []string{"2001:db8::7, 10.0.0.2, 2001:db8:ffff::2, 127.0.0.1"}, "2001:db8::7"},
		"ours as IPv4 inside IPv6":                     {"[::ffff:10.0.0.1]:1", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
		"ours with ports":                              {"10.0.0.1:1", []string{"203.0.113.9:1, 10.0.0.2:2, [2001:db8:ffff::2]:3"}, "203.0.113.9"},
		"ours with a zone":                             {"[2001:db8:ffff::1%eth0]:1", []string{"203.0.113.9, 2001:db8:ffff::2%eth0"}, "203.0.113.9"},
		"one beside ours is a stranger":                {"10.0.0.1:1", []string{"203.0.113.9, 11.0.0.0"}, "11.0.0.0"},
		"the loopback beside ours is a stranger":       {"127.0.0.2:1", []string{"203.0.113.9"}, "127.0.0.2"},
		"a peer beside ours is a stranger":             {"9.255.255.255:1", []string{"203.0.113.9"}, "9.255.255.255"},
		"a peer of IPv6 beside ours is a stranger":     {"[2001:db8:fffe::1]:1", []string{"203.0.113.9"}, "2001:db8:fffe::1"},
		"a peer without a header":                      {"10.0.0.1:1", nil, "10.0.0.1"},
		"a peer that is no address":                    {"pipe", []string{"203.0.113.9"}, ""},
		"a peer without a port":                        {"10.0.0.1", []string{"203.0.113.9"}, ""},
		"63 of ours":                                   {"10.0.0.1:1", []string{"203.0.113.9" + strings.Repeat(", 10.0.0.2", 63)}, "203.0.113.9"},
		"64 of ours":                                   {"10.0.0.1:1", []string{"203.0.113.9" + strings.Repeat(", 10.0.0.2", 64)}, ""},
		"63 of ours in lines":                          {"10.0.0.1:1", append([]string{"203.0.113.9"}, strings.Split(strings.Repeat("10.0.0.2,", 62)+"10.0.0.2", ",")...), "203.0.113.9"},
		"10,000 of ours":                               {"10.0.0.1:1", []string{"203.0.113.9" + strings.Repeat(", 10.0.0.2", 10_000)}, ""},
		"10,000 strangers, who are not looked at":      {"10.0.0.1:1", []string{strings.Repeat("198.51.100.1, ", 10_000) + "203.0.113.9"}, "203.0.113.9"},
		"10,000 empty elements, who are not looked at": {"10.0.0.1:1", []string{strings.Repeat(",", 10_000) + "203.0.113.9"}, "203.0.113.9"},
	} {
		if got := from(test.peer, test.lines...); got != addrOf(test.want) {
			t.Errorf("%s: %v, want %q", name, got, test.want)
		}
	}
}

// Whatever is put before what a proxy wrote about a stranger changes nothing:
// in the same line or in lines of its own, and however long it is.
func TestXFF_WhatStandsBeforeNeverChangesTheAnswer(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	parts := []string{
		"203.0.113.9", "10.0.0.2", "::1", "[2001:db8::1]:47", "unknown", "_hidden", "", " ", ",", "\t", "\r\n", "%", "fe80::1%eth0", "::ffff:10.0.0.3", "é", "\x00", ";",
	}
	draw := func() (text string) {
		for range dice.IntN(6) {
			text += parts[dice.IntN(len(parts))]
		}
		return text
	}
	for range 100_000 {
		written := []string{"203.0.113.9"}
		for range dice.IntN(3) {
			written = append(written, []string{"10.0.0.2", "unknown", "", "2001:db8:ffff::2"}[dice.IntN(4)])
		}
		tail := strings.Join(written, ",")
		want := from("10.0.0.1:1", tail)
		forged := draw()
		for _, lines := range [][]string{{forged + "," + tail}, {forged, tail}, {draw(), forged, tail}} {
			if got := from("10.0.0.1:1", lines...); got != want {
				t.Fatalf("%q: %v, want %v as without what stands before %q", lines, got, want, tail)
			}
		}
	}
}
