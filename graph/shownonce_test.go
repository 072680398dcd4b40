package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A recorder keeps every answer that a client got, headers and all.
type recorder struct {
	http.RoundTripper
	answers []string
}

func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	res, err := r.RoundTripper.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	var whole bytes.Buffer
	fmt.Fprintln(&whole, res.Status)
	if e := res.Header.Write(&whole); e != nil {
		return nil, e
	}
	whole.Write(body)
	r.answers = append(r.answers, whole.String())
	return res, err
}

// A curious client has made tokens, and asks for everything that there is.
type curious struct {
	s    *server
	made []string // the strings that were shown
}

// makes asks for something new and takes the string out of the answer.
func (c *curious) makes(query, field string, v vars, key string) {
	a := c.send(query, v, key)
	secret := a.text(field)
	if inner, ok := a.at(field).(map[string]any); ok {
		secret = fmt.Sprint(inner["token"])
	}
	if a.code() == "ok" {
		c.made = append(c.made, secret)
	}
}

func (c *curious) send(query string, v vars, key string) answer {
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		c.s.tb.Fatal(err)
	}
	return c.post(c.s.root, string(body), key)
}

func (c *curious) post(token, body, key string) answer {
	r, err := http.NewRequestWithContext(c.s.tb.Context(), "POST", c.s.http.URL+"/graphql", strings.NewReader(body))
	if err != nil {
		c.s.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return c.s.do(r)
}

const (
	metadata = `id name expireAt createdAt permissions replacedBy lastUsedAt createdBy ipFilter`
	oneToken = `id name ... on SystemPermissionsToken { ` + metadata + ` }`
)

// steps are what a client may do, in any order.
func (c *curious) steps() map[string]func(*rapid.T) {
	pick := func(t *rapid.T) string {
		if len(c.made) == 0 {
			t.Skip("there is none")
		}
		return rapid.SampledFrom(c.made).Draw(t, "which")
	}
	key := func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "", "k1", "k2", "k3"}).Draw(t, "key")
	}
	draft := vars{"i": vars{"name": "x", "permissions": []string{"ChangeSystemPermissions"}}}
	// With the id of a token, its whole string, or half of it in that place.
	on := func(query string) func(*rapid.T) {
		return func(t *rapid.T) {
			s := pick(t)
			c.send(query, vars{"s": rapid.SampledFrom([]string{idOf(s), s, s[33:]}).Draw(t, "as")}, key(t))
		}
	}
	return map[string]func(*rapid.T){
		"create": func(t *rapid.T) {
			c.makes(`mutation($i: CreateSystemTokenInput!) { createSystemToken(input: $i) { token tokenMetadata { `+metadata+` } } }`, "createSystemToken", draft, key(t))
		},
		"create, as LogScale": func(t *rapid.T) {
			c.makes(`mutation($i: CreateSystemPermissionTokenInput!) { createSystemPermissionsToken(input: $i) }`, "createSystemPermissionsToken", draft, key(t))
		},
		"create, as LogScale 2": func(t *rapid.T) {
			c.makes(`mutation($i: CreateSystemPermissionTokenV2Input!) { createSystemPermissionsTokenV2(input: $i) { token } }`, "createSystemPermissionsTokenV2", draft, key(t))
		},
		"rotate": func(t *rapid.T) {
			c.makes(`mutation($s: String!) { rotateToken(input: {id: $s}) }`, "rotateToken", vars{"s": idOf(pick(t))}, key(t))
		},
		"rotate with grace": func(t *rapid.T) {
			c.makes(`mutation($s: String!) { rotateSystemToken(input: {id: $s, gracePeriodMs: 5000}) { token tokenMetadata { `+metadata+` } } }`, "rotateSystemToken", vars{"s": idOf(pick(t))}, key(t))
		},
		"delete":    on(`mutation($s: String!) { deleteSystemToken(input: {id: $s}) }`),
		"note":      on(`mutation($s: String!) { updateSystemTokenNote(input: {id: $s, note: "x"}) { id } }`),
		"noted":     on(`mutation($s: String!) { updateSystemTokenNote(input: {id: "x", note: $s}) { id } }`),
		"update":    on(`mutation($s: String!) { updateSystemPermissionsTokenPermissions(input: {id: $s, permissions: []}) }`),
		"search":    on(`query($s: String!) { systemTokens(searchFilter: $s) { totalResults results { ` + metadata + ` } } }`),
		"tokens":    on(`query($s: String!) { tokens(searchFilter: $s, typeFilter: []) { totalResults results { ` + oneToken + ` } } }`),
		"one":       on(`query($s: String!) { token(tokenId: $s) { ` + oneToken + ` } }`),
		"audit log": on(`query($s: String!) { auditEvents(limit: 1000, tokenIdFilter: $s) { totalResults results { id type tokenId refused fields { name value } actor { tokenName tokenId ip requestId } } } }`),
		"whole log": func(*rapid.T) {
			c.send(`{ auditEvents(limit: 1000) { results { tokenId refused fields { name value } } } }`, nil, "")
		},
		"wrong type": on(`query($s: Int!) { systemTokens(limit: $s) { totalResults } }`),
		"as a name": func(t *rapid.T) {
			c.send(`mutation($s: String!) { createIPFilter(input: {name: $s, ipFilter: $s}) { id name ipFilter } }`, vars{"s": pick(t)}, key(t))
		},
		"in the text": func(t *rapid.T) {
			secret := pick(t)
			c.post(c.s.root, `{"query":"{ `+rapid.SampledFrom([]string{secret, secret[33:], "viewer { " + secret[33:] + " }"}).Draw(t, "as")+` }"}`, "")
		},
		"broken": func(t *rapid.T) { c.post(c.s.root, `{"query": `+pick(t), "") },
		"of itself": func(t *rapid.T) {
			c.post(pick(t), `{"query":"{ viewer { id username permissions } viewerOpt { id } systemTokens { results { name } } }"}`, "")
		},
	}
}

// A2: whatever is asked, and in whatever order, each string stands in one
// answer, once, and that answer may be kept by nobody on its way.
func TestEachSecretIsInOneAnswerWhateverIsAsked(t *testing.T) {
	answers, secrets := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		s := serve(t)
		seen := &recorder{RoundTripper: s.http.Client().Transport}
		s.http.Client().Transport = seen
		c := &curious{s: s}
		c.makes(`mutation { createSystemToken(input: {name: "first", permissions: [ChangeSystemPermissions]}) { token } }`, "createSystemToken", nil, "")
		rt.Repeat(c.steps())
		s.http.Close()
		for _, secret := range c.made {
			shown := 0
			for _, a := range seen.answers {
				shown += strings.Count(a, secret[33:])
				if strings.Contains(a, secret) && !strings.Contains(a, "\nCache-Control: no-store\r") {
					rt.Fatalf("somebody on the way may keep\n%s", a)
				}
			}
			if shown != 1 {
				rt.Fatalf("the string of %s was shown %d times", idOf(secret), shown)
			}
		}
		answers, secrets = answers+len(seen.answers), secrets+len(c.made)
	})
	t.Logf("%d answers, %d secrets", answers, secrets)
	if secrets == 0 {
		t.Error("no token was made")
	}
}
