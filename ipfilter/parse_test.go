package ipfilter

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // the whole sentence
	}{
		{"a misspelt action", "allow 10.0.0.2\n\nalow 10.0.0.1", `line 3: "alow 10.0.0.1": a rule begins with allow or deny`},
		{"an address without an action", "10.0.0.1", `line 1: "10.0.0.1": a rule begins with allow or deny; put allow before it`},
		{"a range without an action", "\n2001:db8::/32 # ours", `line 2: "2001:db8::/32": a rule begins with allow or deny; put allow before it`},
		{"addresses with commas", "10.0.0.1, 10.0.0.2,::1", `line 1: "10.0.0.1, 10.0.0.2,::1": a rule begins with allow or deny; put allow before it, and each address on a line of its own`},
		{"addresses with blanks", "10.0.0.1\t10.0.0.0/8", `line 1: "10.0.0.1\t10.0.0.0/8": a rule begins with allow or deny; put allow before it, and each address on a line of its own`},
		{"a line of JSON", `    "192.0.2.0/24",`, `line 1: "\"192.0.2.0/24\",": a rule begins with allow or deny; put allow before it, and nothing else`},
		{"an address that is none, without an action", "10.0.0.1, 10.0.0", `line 1: "10.0.0.1, 10.0.0": a rule begins with allow or deny`},
		{"a list of JSON", `["192.0.2.1", "::1"]`, `line 1: "[\"192.0.2.1\", \"::1\"]": a rule begins with allow or deny; put allow before it, and each address on a line of its own`},
		{"an item of YAML", "  - 192.0.2.0/24", `line 1: "- 192.0.2.0/24": a rule begins with allow or deny; put allow before it, and nothing else`},
		{"from one address to another", "10.0.0.1 - 10.0.0.9", `line 1: "10.0.0.1 - 10.0.0.9": a rule begins with allow or deny`},
		{"all without an action", "all", `line 1: "all": a rule begins with allow or deny; put allow or deny before it`},
		{"a lone comma", ",", `line 1: ",": a rule begins with allow or deny`},
		{"two addresses with a comma", "allow 10.0.0.1,10.0.0.2", `line 1: "allow 10.0.0.1,10.0.0.2": a rule has one address and no comma; the next rule goes on a line of its own`},
		{"several bad lines, each with its own sentence", "alow all\nallow all\n10.0.0.1; deny; deny ::1",
			"line 1: \"alow all\": a rule begins with allow or deny\n" +
				"line 3: \"10.0.0.1\": a rule begins with allow or deny; put allow before it\n" +
				`line 3: "deny": an address, a range such as 10.0.0.0/8, or all must follow`},
		{"an action without an address", "deny # whom?", `line 1: "deny": an address, a range such as 10.0.0.0/8, or all must follow`},
		{"two addresses", "allow 10.0.0.1 10.0.0.2", `line 1: "allow 10.0.0.1 10.0.0.2": a rule is two words; the next rule goes on a line of its own, and a comment begins with #`},
		{"a name", "allow example.org", `line 1: "allow example.org": "example.org" is not an IPv4 or IPv6 address`},
		{"a port", "allow 10.0.0.1:80", `line 1: "allow 10.0.0.1:80": "10.0.0.1:80" is not an IPv4 or IPv6 address`},
		{"a number above 255", "allow 10.0.0.256", `line 1: "allow 10.0.0.256": "10.0.0.256" is not an IPv4 or IPv6 address`},
		{"a leading zero, octal to some", "allow 0177.0.0.1", `line 1: "allow 0177.0.0.1": "0177.0.0.1" is not an IPv4 or IPv6 address`},
		{"a leading zero in the last part", "allow 127.0.0.01", `line 1: "allow 127.0.0.01": "127.0.0.01" is not an IPv4 or IPv6 address`},
		{"an abbreviated address", "allow 127.1", `line 1: "allow 127.1": "127.1" is not an IPv4 or IPv6 address`},
		{"a hexadecimal address", "allow 0x7f.0.0.1", `line 1: "allow 0x7f.0.0.1": "0x7f.0.0.1" is not an IPv4 or IPv6 address`},
		{"a trailing dot", "allow 10.0.0.1.", `line 1: "allow 10.0.0.1.": "10.0.0.1." is not an IPv4 or IPv6 address`},
		{"full-width digits", "allow １0.0.0.1", `line 1: "allow １0.0.0.1": "１0.0.0.1" is not an IPv4 or IPv6 address`},
		{"a NUL", "allow 10.0.0.1\x00", `line 1: "allow 10.0.0.1\x00": "10.0.0.1\x00" is not an IPv4 or IPv6 address`},
		{"a no-break space, which nobody sees", "allow\u00a010.0.0.1", `line 1: "allow\u00a010.0.0.1": it holds the character U+00A0, which looks like a space or like nothing; write it anew without that`},
		{"a byte order mark", "\ufeffallow 10.0.0.1", `line 1: "\ufeffallow 10.0.0.1": it holds the character U+FEFF, which looks like a space or like nothing; write it anew without that`},
		{"a zero-width space", "allow 10.0.0.1\u200b", `line 1: "allow 10.0.0.1\u200b": it holds the character U+200B, which looks like a space or like nothing; write it anew without that`},
		{"a line separator of Unicode", "allow 10.0.0.1\u2028deny all", `line 1: "allow 10.0.0.1\u2028deny all": it holds the character U+2028, which looks like a space or like nothing; write it anew without that`},
		{"an ideographic space", "allow\u300010.0.0.1", `line 1: "allow\u300010.0.0.1": it holds the character U+3000, which looks like a space or like nothing; write it anew without that`},
		{"a comment of another language", "allow 10.0.0.1 // office", `line 1: "allow 10.0.0.1 // office": a comment begins with #`},
		{"any", "allow any", `line 1: "allow any": every address is called all`},
		{"a star", "deny *", `line 1: "deny *": every address is called all`},
		{"a range with a remark", "192.0.2.0/24\tour office", `line 1: "192.0.2.0/24\tour office": a rule begins with allow or deny; put allow before it, and nothing else`},
		{"a value of JSON", `  "ip_prefix": "192.0.2.0/24",`, `line 1: "\"ip_prefix\": \"192.0.2.0/24\",": a rule begins with allow or deny; put allow before it, and nothing else`},
		{"a value of YAML", "  cidr: 2001:db8::/32", `line 1: "cidr: 2001:db8::/32": a rule begins with allow or deny; put allow before it, and nothing else`},
		{"another word for allow", "permit 10.0.0.1", `line 1: "permit 10.0.0.1": a rule begins with allow or deny`},
		{"a range longer than IPv4", "allow 10.0.0.0/33", `line 1: "allow 10.0.0.0/33": after the slash comes a number from 0 to 32`},
		{"a range longer than IPv6", "deny ::/129", `line 1: "deny ::/129": after the slash comes a number from 0 to 128`},
		{"a negative length", "deny ::/-1", `line 1: "deny ::/-1": after the slash comes a number from 0 to 128`},
		{"a length with a sign", "deny ::/+1", `line 1: "deny ::/+1": after the slash comes a number from 0 to 128`},
		{"a length with a leading zero", "allow 10.0.0.0/08", `line 1: "allow 10.0.0.0/08": after the slash comes a number from 0 to 32`},
		{"a mask", "allow 10.0.0.0/255.0.0.0", `line 1: "allow 10.0.0.0/255.0.0.0": after the slash comes a number from 0 to 32`},
		{"no length", "allow 10.0.0.0/", `line 1: "allow 10.0.0.0/": after the slash comes a number from 0 to 32`},
		{"two lengths", "allow 10.0.0.0/8/8", `line 1: "allow 10.0.0.0/8/8": after the slash comes a number from 0 to 32`},
		{"a length with a space", "allow 10.0.0.0 /8", `line 1: "allow 10.0.0.0 /8": a rule is two words; the next rule goes on a line of its own, and a comment begins with #`},
		{"a range half IPv4 and half IPv6", "deny ::ffff:10.0.0.0/8",
			`line 1: "deny ::ffff:10.0.0.0/8": a range of IPv4 addresses written as IPv6 has 96 to 128 after the slash; write it as IPv4`},
		{"a range with one bit of IPv6 and IPv4 after it", "deny ::ffff:0:0/95",
			`line 1: "deny ::ffff:0:0/95": a range of IPv4 addresses written as IPv6 has 96 to 128 after the slash; write it as IPv4`},
		{"the second rule of a line", "allow 10.0.0.1; dny all", `line 1: "dny all": a rule begins with allow or deny`},
		{"lines ended by a bare carriage return", "allow 10.0.0.1\rdeny all", `line 1: "allow 10.0.0.1\rdeny all": a rule is two words; the next rule goes on a line of its own, and a comment begins with #`},
		{"one rule too many", strings.Repeat("deny all\n", MaxRules+9), `line 10001: "deny all": this is one rule too many; 10000 is the most`},
		{"one byte too many", "#" + strings.Repeat("x", MaxText), `the text has 262145 bytes; 262144 is the most`},
		{"an abbreviated hexadecimal address", "allow 0x7f000001", `line 1: "allow 0x7f000001": "0x7f000001" is not an IPv4 or IPv6 address`},
		{"an address as one number", "allow 2130706433", `line 1: "allow 2130706433": "2130706433" is not an IPv4 or IPv6 address`},
		{"a space in an address", "allow 10.0. 0.1", `line 1: "allow 10.0. 0.1": a rule is two words; the next rule goes on a line of its own, and a comment begins with #`},
		{"an address with nothing but a zone", "allow %eth0", `line 1: "allow %eth0": "%eth0" is not an IPv4 or IPv6 address`},
		{"a zone behind IPv4", "allow 10.0.0.1%eth0", `line 1: "allow 10.0.0.1%eth0": "10.0.0.1%eth0" is not an IPv4 or IPv6 address`},
		{"full-width digits in the length", "allow 10.0.0.0/８", `line 1: "allow 10.0.0.0/８": after the slash comes a number from 0 to 32`},
		{"words of 80 bytes, which are quoted whole", strings.Repeat("x", 80), `line 1: "` + strings.Repeat("x", 80) + `": a rule begins with allow or deny`},
		{"words of 81 bytes, which are cut", strings.Repeat("x", 81), `line 1: "` + strings.Repeat("x", 80) + `…": a rule begins with allow or deny`},
		{"long words, which are cut in the answer", strings.Repeat("é", 60), `line 1: "` + strings.Repeat("é", 40) + `…": a rule begins with allow or deny`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Parse(test.text)
			if r != nil || err == nil || err.Error() != test.want {
				t.Errorf("Parse = %v, %v; want nil and\n%s", r, err, test.want)
			}
			if _, ok := errors.AsType[*ParseError](err); !ok {
				t.Errorf("Parse gives a %T, want a *ParseError", err)
			}
		})
	}
}

func TestParseTakesTheMost(t *testing.T) {
	if got := mustParse(t, strings.Repeat("deny all;", MaxRules)).Len(); got != MaxRules {
		t.Errorf("Len = %d, want %d", got, MaxRules)
	}
	mustParse(t, "#"+strings.Repeat("x", MaxText-1))
}

func TestParseTellsTwentyBadLinesAndHowManyMore(t *testing.T) {
	for _, test := range []struct {
		bad, told int
		last      string
	}{
		{MaxTold, MaxTold, `line 40: "10.0.0.19": a rule begins with allow or deny; put allow before it`},
		{MaxTold + 1, MaxTold + 1, "and 1 more"},
		{5000, MaxTold + 1, "and 4980 more"},
	} {
		var text strings.Builder
		for i := range test.bad {
			fmt.Fprintf(&text, "allow all\n10.0.%d.%d\n", i/256, i%256)
		}
		_, err := Parse(text.String())
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != test.told || lines[len(lines)-1] != test.last {
			t.Errorf("of %d bad lines %d are told, and at last %q; want %d and %q", test.bad, len(lines), lines[len(lines)-1], test.told, test.last)
		}
	}
}
