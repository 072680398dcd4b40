package graph_test

import (
	"strings"
	"testing"
)

// What an answer looks like to the letter, where an object is asked for in
// unusual ways.
func TestObjects_AreWrittenAsTheyAreAskedFor(t *testing.T) {
	s := serve(t)
	s.must(`mutation($name: String!) { createSystemToken(input: {name: $name, permissions: []}) { token } }`, vars{"name": `x "\ ü`})
	s.must(`mutation($text: String!) { createIPFilter(input: {name: "lines", ipFilter: $text}) { id } }`, vars{"text": "deny 192.0.2.1 # \"home\"\r\n\tallow all"})
	for _, test := range []struct{ name, query, want string }{
		{
			"a field on the interface and on the type is written once",
			`{ tokens(sortBy: Name, limit: 1) { results { name ... on SystemPermissionsToken { name } ...again } } } fragment again on Token { name }`,
			`{"data":{"tokens":{"results":[{"name":"x \"\\ ü"}]}}}`,
		},
		{
			"aliases are fields of their own, in the order they are asked for",
			`{ systemTokens { results { b: name a: name __typename } total: totalResults totalResults } }`,
			`{"data":{"systemTokens":{"results":[{"b":"x \"\\ ü","a":"x \"\\ ü","__typename":"SystemPermissionsToken"}],"total":1,"totalResults":1}}}`,
		},
		{
			"an object of which nothing is included is empty",
			`{ systemTokens { results { name @include(if: false) } } }`,
			`{"data":{"systemTokens":{"results":[{}]}}}`,
		},
		{
			"line ends and quotes are escaped",
			`{ ipFilters { ipFilter } }`,
			`{"data":{"ipFilters":[{"ipFilter":"deny 192.0.2.1 # \"home\"\r\n\tallow all"}]}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.must(test.query, nil)
			if got := strings.TrimSpace(string(a.Body)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
