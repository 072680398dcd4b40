package ipfilter_test

import (
	"fmt"
	"net/netip"

	"tokenscale/ipfilter"
)

// The first rule that matches decides. A list with an allow rule means "only these".
func Example() {
	rules, err := ipfilter.Parse("deny 10.0.0.13      # the old build machine\nallow 10.0.0.0/24\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, addr := range []string{"10.0.0.7", "10.0.0.13", "::ffff:10.0.0.13", "192.0.2.1"} {
		fmt.Println(addr, rules.Allows(netip.MustParseAddr(addr)))
	}

	// Output:
	// 10.0.0.7 true
	// 10.0.0.13 false
	// ::ffff:10.0.0.13 false
	// 192.0.2.1 false
}

// A text that cannot be read is refused with everything that is wrong with it.
func ExampleParse() {
	_, err := ipfilter.Parse("alow 10.0.0.1\nallow all\ndeny 10.0.0.0/33")
	fmt.Println(err)

	// Output:
	// line 1: "alow 10.0.0.1": a rule begins with allow or deny
	// line 3: "deny 10.0.0.0/33": after the slash comes a number from 0 to 32
}

// Decide names the rule that decided.
func ExampleRules_Decide() {
	rules, err := ipfilter.Parse("allow 10.0.0.0/8; deny all")
	if err != nil {
		fmt.Println(err)
		return
	}
	d := rules.Decide(netip.MustParseAddr("192.0.2.1"))
	fmt.Printf("allowed: %v, by line %d: %s\n", d.Allowed, d.Line, d.Rule)

	// Output:
	// allowed: false, by line 1: deny all
}

// A rule that can never decide is no error, but its author should hear of it.
func ExampleRules_Unreachable() {
	rules, err := ipfilter.Parse("allow all\ndeny 10.0.0.13")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rules.Unreachable())

	// Output:
	// [2]
}
