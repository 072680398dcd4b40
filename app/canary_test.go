package app

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/token"
)

// canary returns a token string that the server has never seen: what somebody
// pastes into the wrong place.
func canary(t testing.TB) string {
	t.Helper()
	_, s, err := token.Mint(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s.Reveal()
}

// A token string that stands where none belongs does not come back in the
// answer, and stands neither in the log, at its most talkative, nor in the
// audit log, nor in the metrics.
func TestATokenInTheWrongPlaceIsNeverRepeated(t *testing.T) {
	for name, pasted := range map[string]func(tok string) string{
		"a token":                  func(tok string) string { return tok },
		"its secret half":          func(tok string) string { return tok[33:] },
		"its half in quotes":       func(tok string) string { return "'" + tok[33:] + "'" },
		"its half with a new line": func(tok string) string { return tok[33:] + "\n" },
		"its half, escaped":        func(tok string) string { return "%22" + tok[33:] + "%0A" },
		"its half in a sentence":   func(tok string) string { return "the token is " + tok[33:] + ", ok?" },
		"with something invisible": func(tok string) string { return "\u200b" + tok[33:60] + "\ufeff" + tok[60:] },
	} {
		t.Run(name, func(t *testing.T) { neverRepeated(t, pasted) })
	}
}

func neverRepeated(t *testing.T, pasted func(tok string) string) {
	audited := filepath.Join(t.TempDir(), "audit.jsonl")
	r := serving(t, func(o *Options) { o.AuditFile = audited })
	root := bearer(r.root)
	secret := canary(t)
	_, tail, _ := strings.Cut(secret, "~")
	tok := pasted(secret)
	q := func(query string, variables any) string {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const create = `mutation M($input: CreateSystemTokenInput!) { createSystemToken(input: $input) { token } }`
	const filter = `mutation M($input: IPFilterInput!) { createIPFilter(input: $input) { id } }`
	type vars = map[string]any
	bodies := map[string]string{
		"the whole body":                tok,
		"half of an object":             `{"query":"` + tok,
		"a list":                        `["` + tok + `"]`,
		"a member of another name":      `{"query":"{viewer{id}}","` + tok + `":1}`,
		"the query":                     q(tok, nil),
		"a field":                       q("{ x"+tail+" }", nil),
		"a field of an object":          q("{ viewer { x"+tail+" } }", nil),
		"an alias":                      q("{ x"+tail+": nothing }", nil),
		"an argument":                   q("{ token(x"+tail+": 1) { id } }", nil),
		"a type":                        q("query($v: x"+tail+") { viewer { id } }", nil),
		"a variable that is not there":  q("{ token(tokenId: $x"+tail+") { id } }", nil),
		"a fragment":                    q("{ ...x"+tail+" }", nil),
		"a directive":                   q("{ viewer @x"+tail+" { id } }", nil),
		"an operation":                  q("query x"+tail+" { nothing }", nil),
		"a comment":                     q("{ nothing } # "+tok, nil),
		"the operation's name":          `{"query":"query A { nothing } query B { nothing }","operationName":"` + tok + `"}`,
		"half as the operation's name":  `{"query":"query A { viewer { id } } query B { nothing }","operationName":"x` + tail + `"}`,
		"the extensions":                `{"query":"{nothing}","extensions":{"authorization":"` + tok + `"}}`,
		"a value in the query":          q(`{ systemTokens(limit: "`+tok+`") { totalResults } }`, nil),
		"an enum in the query":          q(`{ systemTokens(sortBy: x`+tail+`) { totalResults } }`, nil),
		"an id in the query":            q(`{ token(tokenId: "`+tok+`") { id } }`, nil),
		"a filter of names":             q(`{ systemTokens(searchFilter: "`+tok+`") { totalResults } }`, nil),
		"an id to delete":               q(`mutation { deleteSystemToken(input: {id: "`+tok+`"}) }`, nil),
		"an id to delete, the old way":  q(`mutation { deleteToken(input: {id: "`+tok+`"}) }`, nil),
		"an id to rotate":               q(`mutation { rotateToken(input: {id: "`+tok+`"}) }`, nil),
		"half an id to rotate":          q(`mutation { rotateSystemToken(input: {id: "`+tail+`"}) { token } }`, nil),
		"an id of a filter":             q(`mutation { deleteIPFilter(input: {id: "`+tok+`"}) }`, nil),
		"an id of a filter of a token":  q(create, vars{"input": vars{"name": "n", "permissions": []string{}, "ipFilterId": tok}}),
		"a permission":                  q(create, vars{"input": vars{"name": "n", "permissions": []string{tok}}}),
		"an expiry":                     q(create, vars{"input": vars{"name": "n", "permissions": []string{}, "expireAt": tok}}),
		"a field of an input":           q(create, vars{"input": vars{"name": "n", "permissions": []string{}, tail: 1}}),
		"the input itself":              q(create, vars{"input": tok}),
		"a variable that is not needed": q("{ nothing }", vars{"v": tok}),
		"the name of a variable":        q("{ nothing }", vars{tok: 1}),
		"a name that is too long":       q(create, vars{"input": vars{"name": strings.Repeat(tok, 5), "permissions": []string{}}}),
		"a name":                        q(create, vars{"input": vars{"name": "my token " + tok, "permissions": []string{}}}),
		"a name of a filter":            q(filter, vars{"input": vars{"name": tok, "ipFilter": "allow all"}}),
		"a rule of a filter":            q(filter, vars{"input": vars{"name": "f", "ipFilter": "allow " + tok}}),
		"a verb of a filter":            q(filter, vars{"input": vars{"name": "f", "ipFilter": tok + " all"}}),
		"an address to try":             q(`{ testIPFilter(ipFilter: "allow all", address: "`+tok+`") { allowed } }`, nil),
		"a filter to try":               q(`{ testIPFilter(ipFilter: "allow `+tok+`", address: "::1") { allowed } }`, nil),
		"a token in the audit log":      q(`{ auditEvents(tokenIdFilter: "`+tok+`", actorFilter: "`+tok+`") { totalResults } }`, nil),
		"a kind of the audit log":       q(`{ auditEvents(typeFilter: ["`+tok+`"]) { totalResults } }`, nil),
		"a policy's filter":             q(`mutation($i: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $i) { id } }`, vars{"i": vars{"systemPermissionTokensEnabled": true, "systemPermissionTokensEnforceIpFilterId": tok}}),
	}
	check := func(where, text string) {
		t.Helper()
		for _, part := range []string{tail[:20], tail[12:32], tail[24:], secret[:33]} {
			if strings.Contains(text, part) {
				t.Errorf("%s: %s comes back\n%.400s", where, part, text)
				return
			}
		}
	}
	for name, body := range bodies {
		_, text := r.ask("POST", "/graphql", body, root...)
		check(name, text)
		if _, text = r.ask("POST", "/graphql", body, bearer(secret)...); text != "The supplied authentication is invalid" && !strings.HasPrefix(text, "Too many requests") {
			t.Errorf("%s with a bad token: %q; want the one answer to all", name, text)
		}
	}
	if strings.ContainsFunc(tok, func(c rune) bool { return c < ' ' || c > '~' }) {
		tok = tail // no header and no address can hold the other
	}
	for kind, body := range map[string]string{
		"multipart/form-data; boundary=x":   "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + q("{ viewer { id } }", vars{"v": tok}) + "\r\n--x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"" + tok + "\"\r\n\r\n" + tok + "\r\n--x--\r\n",
		"application/x-www-form-urlencoded": "query=" + tok + "&token=" + tok,
		"text/plain":                        tok,
		"application/json; charset=" + tail: q(tok, nil),
		tok:                                 tok,
	} {
		res, text := r.ask("POST", "/graphql", body, append([]string{"Content-Type", kind}, root...)...)
		check(kind, text+fmt.Sprint(res.Header))
	}
	for _, header := range []string{"Authorization", "Cookie", "User-Agent", "Accept", "Content-Type", "Origin", "Referer", "X-Request-Id", "X-Forwarded-For", "Host", "X-Api-Key"} {
		for _, value := range []string{tok, "Bearer " + tok, "tokenscale=" + tok} {
			for _, path := range []string{"/graphql", "/api/v1/session", "/api/v1/authorize", "/api/v1/health"} {
				res, text := r.ask("POST", path, `{"query":"{viewer{id}}"}`, header, value)
				check(header+" of "+path, text+fmt.Sprint(res.Header))
			}
		}
	}
	for _, path := range []string{"/", "/graphql?id=", "/graphql?query=", "/graphql/", "/api/v1/", "/api/v1/authorize?permission=", "/docs/api-explorer/", "/?"} {
		if path += strings.ReplaceAll(tok, " ", "+"); strings.HasPrefix(path, "/?") {
			path += "=1"
		}
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			res, text := r.ask(method, path, "", root...)
			if res.StatusCode/100 == 3 {
				u, err := url.Parse(res.Header.Get("Location"))
				if err != nil {
					t.Fatal(err)
				}
				check(path+" leads to", u.String())
			}
			check(path, text)
		}
	}
	// The first makes a token, the second repeats it.
	for _, key := range []string{tail, tail, tok, `"` + tok + `"`, tok + "," + tok, "Bearer " + tok} {
		_, text := r.ask("POST", "/graphql", q(create, vars{"input": vars{"name": "n", "permissions": []string{}}}), append([]string{"Idempotency-Key", key}, root...)...)
		check("an idempotency key", text)
	}
	_, metrics := r.ask("GET", "/metrics", "", root...)
	_, trail := r.ask("POST", "/graphql", `{"query":"{auditEvents(limit: 1000) {results {type actionName tokenId refused fields {name value} actor {tokenId tokenName ip requestId}}}}"}`, root...)
	if !strings.Contains(trail, "createSystemToken") || !strings.Contains(trail, "REPEATED") {
		t.Fatalf("the audit log is %.300s", trail)
	}
	r.stop()
	<-r.stopped
	written, err := os.ReadFile(audited)
	if err != nil || len(written) == 0 {
		t.Fatalf("the audit file: %d bytes, %v", len(written), err)
	}
	for place, text := range map[string]string{"the log": r.err.String(), "the audit log": trail, "the audit file": string(written), "the metrics": metrics} {
		check(place, text)
	}
	if !strings.Contains(r.err.String(), "level=DEBUG") {
		t.Error("the log is not at the level debug")
	}
}

// What stands in a name comes back where the name was asked for, and breaks
// no line: neither of the log nor of the audit file.
func TestNamesCannotForgeLines(t *testing.T) {
	audited := filepath.Join(t.TempDir(), "audit.jsonl")
	r := serving(t, func(o *Options) { o.AuditFile, o.LogFormat = audited, "json" })
	made := 0
	for _, name := range []string{
		// Control characters: refused.
		"a\nb", "a\r\nb", "a\tb", "a\x00b", "a\x1b[31mb", "a\x7fb", "a\u0085b",
		"a\u2028{\"id\":1}", "a\u2029b", "a\u202eb", `a","type":"forged`, "a%0Ab", "a\\nb", "<script>", "a\u200bb", "=cmd|' /C calc'!A0", strings.Repeat("\u00e4", 253),
	} {
		body, err := json.Marshal(map[string]any{
			"query":     `mutation($n: String!) { createSystemToken(input: {name: $n, permissions: []}) { token tokenMetadata { name } } }`,
			"variables": map[string]string{"n": name},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, text := r.ask("POST", "/graphql", string(body), bearer(r.root)...)
		var answer struct {
			Data struct {
				CreateSystemToken *struct {
					Token         string
					TokenMetadata struct{ Name string }
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%q: %v in %s", name, err, text)
		}
		if made := answer.Data.CreateSystemToken; made != nil && made.TokenMetadata.Name != name {
			t.Errorf("%q comes back as %q", name, made.TokenMetadata.Name)
		} else if made != nil {
			if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 }) {
				t.Errorf("%q was accepted, want names with control characters refused", name)
			}
			_, text := r.ask("GET", "/api/v1/authorize", "", bearer(made.Token)...)
			if text != "" {
				t.Errorf("authorize says %q", text)
			}
		}
		if answer.Data.CreateSystemToken != nil {
			made++
		}
	}
	r.stop()
	<-r.stopped
	written, err := os.ReadFile(audited)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(written), "\n"), "\n")
	if len(lines) < made {
		t.Errorf("the audit file has %d lines for %d tokens", len(lines), made)
	}
	log := strings.Split(strings.TrimSpace(r.err.String()), "\n")
	for _, line := range append(lines, log...) {
		if strings.HasPrefix(line, "Root token") {
			continue
		}
		if !json.Valid([]byte(line)) || strings.ContainsAny(line, "\u2028\u2029\x1b\r\x00") {
			t.Errorf("this line is not exactly one object: %q", line)
		}
	}
}
