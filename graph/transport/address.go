package transport

import (
	"encoding/json"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/fault"
	"tokenscale/graph/budget"
)

// maxAddress is how long a question in an address may be, in bytes: what every
// proxy on the way lets through. Who asks more asks by POST.
const maxAddress = 8 << 10

// readAddress takes apart a question that stands in an address. All else that
// stands there, a token too, is neither read nor kept.
func readAddress(query string, m *budget.Meter) (*graphql.RawParams, *refusal) {
	if len(query) > maxAddress {
		return nil, &refusal{http.StatusRequestURITooLong, fault.Invalid, "the address is longer than 8 KiB; ask by POST"}
	}
	members, err := url.ParseQuery(query)
	if err != nil {
		return nil, malformed("the address holds a % without two hexadecimal digits behind it, or a bare semicolon; write them %25 and %3B")
	}
	for _, name := range []string{"query", "operationName", "variables", "extensions"} {
		if len(members[name]) > 1 {
			return nil, malformed(name + " stands in the address more than once")
		}
		if !utf8.ValidString(members.Get(name)) {
			return nil, malformed(name + " is not UTF-8")
		}
	}
	if bad := takeApart(m, []byte(members.Get("variables")+members.Get("extensions"))); bad != nil {
		return nil, bad
	}
	p := &graphql.RawParams{Query: members.Get("query"), OperationName: members.Get("operationName")}
	if decodeAddress(members.Get("variables"), &p.Variables) != nil {
		return nil, malformed("variables must be a JSON object, null or absent")
	}
	if decodeAddress(members.Get("extensions"), &p.Extensions) != nil {
		return nil, malformed("extensions must be a JSON object, null or absent")
	}
	return checked(p)
}

// decodeAddress reads JSON that stands in an address. An empty text is absence:
// forms send one for what was left out.
func decodeAddress(text string, v *map[string]any) error {
	if text == "" {
		return nil
	}
	var member json.RawMessage
	if err := json.Unmarshal([]byte(text), &member); err != nil {
		return err
	}
	return decode(member, v)
}
