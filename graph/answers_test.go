package graph_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/ipfilter"
	"tokenscale/policy"
)

// How large answers may be, and in which form they come.

// longText is the text of an IP filter of a quarter of a MiB.
var longText = "allow all # " + strings.Repeat("x", ipfilter.MaxText-len("allow all # "))

// longFilters makes n filters with long texts, and returns the id of the last.
func (s *server) longFilters(n int) (id string) {
	s.tb.Helper()
	for i := range n {
		id = s.must(`mutation($name: String!, $text: String!) { createIPFilter(input: {name: $name, ipFilter: $text}) { id } }`,
			vars{"name": fmt.Sprintf("filter %02d", i), "text": longText}).text("createIPFilter", "id")
	}
	return id
}

func TestAnswers_OfAllKindsThatAreTooLargeAreRefusedWithASentence(t *testing.T) {
	s := serve(t)
	filter := s.longFilters(36)
	for i := range 18 {
		s.Token(policy.Draft{Name: fmt.Sprint("token ", i), FilterID: ipfilter.ID(filter)})
	}
	s.must(`mutation { createIPFilter(input: {name: "lines", ipFilter: "`+strings.Repeat(`\n`, ipfilter.MaxText)+`"}) { id } }`, nil)
	for _, test := range []struct{ name, query string }{
		{"long texts", `{ ipFilters { ipFilter } }`},
		{"aliases of one text", `{ systemTokens { results { ipFilter a: ipFilter } } }`},
		{"texts of objects inside", `{ systemTokens { results { ipFilterV2 { ipFilter } ipFilter } } }`},
		{"texts in fragments on an interface", `{ tokens(sortBy: Name) { results { ...T } } } fragment T on Token { ipFilter a: ipFilter }`},
		{"several fields at the top", `{ a: ipFilters(limit: 12) { ipFilter } b: ipFilters(limit: 12) { ipFilter } c: ipFilters(limit: 12) { ipFilter } }`},
		{"line ends, which take two bytes", `{ a: ipFilters(searchFilter: "lines") { ` + names("ipFilter", 17) + ` } }`},
		{"what the audit log holds", `{ auditEvents { results { fields { value } } } }`},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.ask(s.root, test.query, nil)
			if a.Status != http.StatusOK || a.code() != "RESPONSE_TOO_LARGE" || a.Data != nil || !strings.Contains(a.Body, `"data":null`) {
				t.Fatalf("got %d %.300s", a.Status, a.Body)
			}
			for _, words := range []string{"8 MiB", "smaller pages", "fewer aliases", "ipFilter"} {
				if !strings.Contains(a.Errors[0].Message, words) {
					t.Errorf("%q does not speak of %q", a.Errors[0].Message, words)
				}
			}
		})
	}
	for _, test := range []struct{ name, query string }{
		{"a page of filters", `{ ipFilters(skip: 5, limit: 31) { ipFilter } }`},
		{"a page of tokens", `{ systemTokens(limit: 8) { results { ipFilter a: ipFilter b: ipFilter } } }`},
		{"all filters without their texts", `{ ipFilters { id name } }`},
		{"entries of the audit log without their values", `{ auditEvents(limit: 1000) { results { id actor { ip } fields { name } } } }`},
	} {
		t.Run(test.name, func(t *testing.T) { s.must(test.query, nil) })
	}
}

// names asks for a field as often as n says, under other names.
func names(field string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: %s ", i, field)
	}
	return b.String()
}

// Once a token is made its string is shown; so it must be known before that the
// answer is not too large.
func TestAnswers_OfMutationsAreJudgedBeforeAnythingIsChanged(t *testing.T) {
	s := serve(t)
	filter := s.longFilters(1)
	create := func(selection string) answer {
		return s.ask(s.root, `mutation { createSystemToken(input: {name: "t", permissions: [], ipFilterId: "`+filter+`"}) { token tokenMetadata { `+selection+` } } }`, nil)
	}
	for _, selection := range []string{
		names("ipFilter", 6),
		names("ipFilterV2 { ipFilter }", 6),
		"... on Token { " + names("ipFilter", 3) + "} ... { ipFilterV2 { " + names("ipFilter", 3) + "} }",
	} {
		before := s.must(`{ systemTokens { totalResults } }`, nil).text("systemTokens", "totalResults")
		a := create(selection)
		if a.code() != "RESPONSE_TOO_LARGE" || !strings.Contains(a.Errors[0].Message, "Nothing was changed") || !strings.Contains(a.Errors[0].Message, "5 times") {
			t.Errorf("%.60s: got %.300s", selection, a.Body)
		}
		if after := s.must(`{ systemTokens { totalResults } }`, nil).text("systemTokens", "totalResults"); after != before {
			t.Errorf("%.60s: there were %s tokens, now there are %s", selection, before, after)
		}
	}
	a := create(names("ipFilter", 4) + "ipFilterV2 { ipFilter }")
	if a.code() != "ok" || len(a.Body) < 5*ipfilter.MaxText || len(a.text("createSystemToken", "token")) != 77 {
		t.Errorf("5 texts are refused: %d bytes, %.300s", len(a.Body), a.Body)
	}
}

// Whatever the text holds: JSON writes some bytes with six.
func TestAnswers_OfMutationsAreNeverLargerThanTheMost(t *testing.T) {
	s := serve(t)
	for _, c := range []string{"x", "\n", `"`, `\`, "<", "\x01", "\v", "\x7f", "é", "\u2028", "😀"} {
		text := "allow all # "
		text += strings.Repeat(c, (ipfilter.MaxText-len(text))/len(c))
		create := `mutation($text: String!) { createIPFilter(input: {name: "f", ipFilter: $text}) { ` + names("ipFilter", maxTexts) + `} }`
		if a := s.ask(s.root, create, vars{"text": text}); a.code() != "ok" || len(a.Body) < maxTexts*len(text) || len(a.Body) > 8<<20 {
			t.Errorf("%q: %d bytes: %.300s", c, len(a.Body), a.Body)
		}
	}
}

// maxTexts is how often a mutation may ask for the text of a filter.
const maxTexts = 5

// What changesize.go takes for granted of the schema.
func TestAnswers_OfMutationsHoldNoListsOfObjects(t *testing.T) {
	schema := load(t)
	seen := map[string]bool{}
	var walk func(d *ast.Definition)
	walk = func(d *ast.Definition) {
		if d == nil || seen[d.Name] || !d.IsCompositeType() {
			return
		}
		seen[d.Name] = true
		for _, f := range d.Fields {
			inner := schema.Types[f.Type.Name()]
			if f.Type.Elem != nil && inner.IsCompositeType() {
				t.Errorf("%s.%s is a list of objects: its length is not known before the change is made", d.Name, f.Name)
			}
			walk(inner)
		}
	}
	walk(schema.Mutation)
	if !seen["SystemPermissionsToken"] || !seen["IPFilter"] {
		t.Errorf("the answers hold %v; this test has not seen what matters", seen)
	}
}

func (s *server) raw(query string, headers ...string) *http.Response {
	s.tb.Helper()
	body := `{"query":` + fmt.Sprintf("%q", query) + `}`
	r, err := http.NewRequestWithContext(context.Background(), "POST", s.http.URL+"/graphql", strings.NewReader(body))
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.root)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	plain := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	res, err := plain.RoundTrip(r)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { res.Body.Close() })
	return res
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnswers_ToQueriesAreCompressedWhenAskedForAndLong(t *testing.T) {
	s := serve(t)
	filter := s.longFilters(1)
	const long = `{ systemPermissions { name description label group } }`
	plain := s.raw(long)
	want := readAll(t, plain.Body)
	if plain.Header.Get("Content-Encoding") != "" || !strings.Contains(strings.Join(plain.Header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("an answer as it is says %v", plain.Header)
	}
	packed := s.raw(long, "Accept-Encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1")
	if packed.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(packed.Header.Values("Vary"), ","), "Accept-Encoding") ||
		packed.ContentLength <= 0 || packed.ContentLength >= int64(len(want)) || packed.Header.Get("Content-Type") != plain.Header.Get("Content-Type") {
		t.Errorf("a compressed answer of %d bytes says %v", packed.ContentLength, packed.Header)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, z); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, query := range map[string]string{
		"a short answer":                     `{ viewer { id } }`,
		"a mutation, which may tell a token": `mutation { createSystemToken(input: {name: "t", permissions: [], ipFilterId: "` + filter + `"}) { token tokenMetadata { ipFilter } } }`,
	} {
		if res := s.raw(query, "Accept-Encoding", "gzip"); res.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(readAll(t, res.Body), "{") {
			t.Errorf("%s is compressed", name)
		}
	}
	if res := s.raw(long, "Accept-Encoding", "gzip;q=0"); res.Header.Get("Content-Encoding") != "" {
		t.Error("an answer is compressed for a client that cannot read that")
	}
}

func TestIPFilters_AreAllThereAreUnlessAPageIsAskedFor(t *testing.T) {
	s := serve(t)
	for i := range 60 {
		s.must(fmt.Sprintf(`mutation { createIPFilter(input: {name: "%s %02d", ipFilter: "allow all"}) { id } }`, []string{"Office", "ci"}[i%2], i), nil)
	}
	for _, test := range []struct {
		arguments   string
		count       int
		first, last string
	}{
		{"", 60, "ci 01", "Office 58"},
		{"(skip: 58)", 2, "Office 56", "Office 58"},
		{"(limit: 2)", 2, "ci 01", "ci 03"},
		{"(skip: 29, limit: 2)", 2, "ci 59", "Office 00"},
		{"(skip: 60, limit: 2)", 0, "", ""},
		{"(limit: 0)", 0, "", ""},
		{"(limit: null, skip: null, searchFilter: null)", 60, "ci 01", "Office 58"},
		{`(searchFilter: "oFFice")`, 30, "Office 00", "Office 58"},
		{`(searchFilter: "ce 1", skip: 1, limit: 3)`, 3, "Office 12", "Office 16"},
		{`(searchFilter: "nobody")`, 0, "", ""},
	} {
		list := s.must("{ ipFilters"+test.arguments+" { name } }", nil).at("ipFilters").([]any)
		if len(list) != test.count {
			t.Errorf("%s: %d filters, want %d", test.arguments, len(list), test.count)
			continue
		}
		if test.count == 0 {
			continue
		}
		name := func(i int) string { return fmt.Sprint(list[i].(map[string]any)["name"]) }
		if name(0) != test.first || name(test.count-1) != test.last {
			t.Errorf("%s: from %s to %s, want from %s to %s", test.arguments, name(0), name(test.count-1), test.first, test.last)
		}
	}
	for field, arguments := range map[string]string{"limit": "(limit: 1001)", "skip": "(skip: -1)"} {
		if a := s.ask(s.root, "{ ipFilters"+arguments+" { name } }", nil); a.code() != "INVALID" || a.Errors[0].State[field] == "" {
			t.Errorf("%s: %s", arguments, a.Body)
		}
	}
}
