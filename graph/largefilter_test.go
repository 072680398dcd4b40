package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tokenscale/ipfilter"
)

// largestRules returns a text as long as a filter may be, whose comments hold
// one character again and again.
func largestRules(character string) string {
	var b strings.Builder
	for i := range ipfilter.MaxRules {
		fmt.Fprintf(&b, "allow 10.%d.%d.0/24\n", i>>8, i&255)
	}
	b.WriteString("# ")
	b.WriteString(strings.Repeat(character, (ipfilter.MaxText-b.Len())/len(character)))
	return b.String()
}

func TestFilters_TheLargestFitsIntoARequestHoweverItIsWritten(t *testing.T) {
	s := serve(t)
	create := func(name, body string, text string) {
		t.Helper()
		a := s.post(s.root, body)
		if a.code() != "ok" || a.at("createIPFilter", "ipFilter") != text {
			t.Errorf("%s, a body of %d bytes: status %d, %.300s; want the text byte for byte", name, len(body), a.Status, a.Body)
		}
	}
	const byVariable = `mutation($text: String!) { createIPFilter(input: {name: "ci", ipFilter: $text}) { ipFilter } }`
	for _, character := range []string{"x", `"`, "<", "\u0001", "é", "世"} {
		text := largestRules(character)
		body, err := json.Marshal(map[string]any{"query": byVariable, "variables": vars{"text": text}})
		if err != nil {
			t.Fatal(err)
		}
		create("a variable with "+character, string(body), text)
	}
	for _, character := range []string{"x", `\`, "é"} {
		text := largestRules(character)
		literal := strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(text)
		body, err := json.Marshal(map[string]any{"query": `mutation { createIPFilter(input: {name: "ci", ipFilter: "` + literal + `"}) { ipFilter } }`})
		if err != nil {
			t.Fatal(err)
		}
		create("a string with "+character, string(body), text)
		if character == `\` {
			continue // it would stand before the quotes at the end
		}
		body, err = json.Marshal(map[string]any{"query": `mutation { createIPFilter(input: {name: "ci", ipFilter: """` + text + `"""}) { ipFilter } }`})
		if err != nil {
			t.Fatal(err)
		}
		create("a block string with "+character, string(body), text)
	}
}

func TestFilters_AllBadLinesAreToldAndNothingIsStored(t *testing.T) {
	s := serve(t)
	a := s.ask(s.root, `mutation($text: String!) { createIPFilter(input: {name: "ci", ipFilter: $text}) { id } }`,
		vars{"text": strings.Repeat("192.0.2.0/24\n", 4000)})
	lines := strings.Split(a.Errors[0].State["ipFilter"], "\n")
	if a.code() != "INVALID" || len(lines) != 21 || lines[20] != "and 3980 more." ||
		lines[0] != `line 1: "192.0.2.0/24": a rule begins with allow or deny; put allow before it.` {
		t.Errorf("%s: %q", a.code(), lines)
	}
	if got := s.must("{ ipFilters { id } }", nil); len(got.at("ipFilters").([]any)) != 0 {
		t.Errorf("stored: %s", got.Body)
	}
}
