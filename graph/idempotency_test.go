package graph_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
)

// send asks as root, with the headers of the name given.
func (s *server) send(query string, keys ...string) answer {
	s.tb.Helper()
	return s.sendAs(s.root, query, keys...)
}

func (s *server) sendAs(token, query string, keys ...string) answer {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(s.tb.Context(), "POST", s.http.URL+"/graphql", strings.NewReader(`{"query":"`+strings.ReplaceAll(query, `"`, `\"`)+`"}`))
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}, "Idempotency-Key": keys}
	return s.do(r)
}

const createNurse = `mutation { createSystemToken(input: {name: "nurse", permissions: []}) { token tokenMetadata { id } } }`

func TestIdempotencyKey_EveryMutationThatMakesSomethingMakesItOnce(t *testing.T) {
	s := serve(t)
	old, _ := s.Token(policy.Draft{Name: "old"})
	other, _ := s.Token(policy.Draft{Name: "other"})
	for name, query := range map[string]string{
		"createSystemToken":              createNurse,
		"createSystemPermissionsToken":   `mutation { createSystemPermissionsToken(input: {name: "x", permissions: []}) }`,
		"createSystemPermissionsTokenV2": `mutation { createSystemPermissionsTokenV2(input: {name: "x", systemPermissions: []}) { token } }`,
		"createIPFilter":                 `mutation { createIPFilter(input: {name: "x", ipFilter: ""}) { id } }`,
		"rotateToken":                    `mutation { rotateToken(input: {id: "` + string(old.ID) + `"}) }`,
		"rotateSystemToken":              `mutation { rotateSystemToken(input: {id: "` + string(other.ID) + `", gracePeriodMs: 1000}) { token } }`,
	} {
		first := s.send(query, `"key of `+name+`"`)
		before := s.rows()
		again := s.send(query, `"key of `+name+`"`)
		if first.code() != "ok" || again.code() != "CONFLICT" || again.Errors[0].Extensions["reason"] != "REPEATED" {
			t.Errorf("%s: first %s\nand then %s", name, first.Body, again.Body)
			continue
		}
		if what := map[bool]string{true: "ipFilterId", false: "tokenId"}[name == "createIPFilter"]; !strings.Contains(first.Body, again.Errors[0].Extensions[what].(string)) {
			t.Errorf("%s: the id is not that of the first answer: %s", name, again.Body)
		}
		if s.rows() == before {
			t.Errorf("%s: the repetition is not in the audit log", name)
		}
	}
}

func TestIdempotencyKey_SpellingsOfOneKey(t *testing.T) {
	s := serve(t)
	if a := s.send(createNurse, `8e03978e-40d5-43dd-bc93-6894a57f9324`); a.code() != "ok" {
		t.Fatal(a.Body)
	}
	if a := s.send(createNurse, ` "8e03978e-40d5-43dd-bc93-6894a57f9324" `); a.code() != "CONFLICT" {
		t.Errorf("in quotes it is another key: %s", a.Body)
	}
	if a := s.send(createNurse, `"with \"quotes\", \\ and ; spaces"`); a.code() != "ok" {
		t.Errorf("got %s", a.Body)
	}
	for _, key := range []string{`"` + strings.Repeat("x", 128) + `"`, strings.Repeat("~", 128), "!", `" "`, "aGVsbG8+/w=="} {
		if a := s.send(createNurse, key); a.code() != "ok" {
			t.Errorf("%q: %s", key, a.Body)
		}
	}
}

func TestIdempotencyKey_WhatIsNoKeyIsRefusedAndNotRepeated(t *testing.T) {
	s := serve(t)
	before := s.rows()
	for name, keys := range map[string][]string{
		"nothing":               {""},
		"an empty string":       {`""`},
		"too long":              {strings.Repeat("pasted", 22)},
		"too long, in quotes":   {`"` + strings.Repeat("pasted", 22) + `"`},
		"a space without":       {"pasted pasted"},
		"two in one line":       {"pasted, pasted"},
		"two strings":           {`"pasted", "pasted"`},
		"parameters":            {`"pasted";a=1`},
		"no end":                {`"pasted`},
		"a wrong escape":        {`"pasted\n"`},
		"an escape at the end":  {`"pasted\`},
		"more behind the end":   {`"pasted"x`},
		"a quote inside":        {`pasted"pasted`},
		"letters beyond ASCII":  {"päste"},
		"the same, in quotes":   {`"päste"`},
		"two headers":           {"pasted", "pasted"},
		"two, one of them none": {"", "pasted"},
	} {
		for _, query := range []string{createNurse, `{ viewer { id } }`} {
			a := s.send(query, keys...)
			if a.Status != 400 || a.code() != "INVALID" || strings.Contains(a.Body, "past") || !strings.Contains(a.Body, "Idempotency-Key") {
				t.Errorf("%s: got %d %s", name, a.Status, a.Body)
			}
		}
	}
	if s.rows() != before {
		t.Error("something was changed")
	}
}

func TestIdempotencyKey_StandsForOneChangeOnly(t *testing.T) {
	s := serve(t)
	before := s.rows()
	for _, query := range []string{
		`mutation { a: createSystemToken(input: {name: "a", permissions: []}) { token } b: createSystemToken(input: {name: "b", permissions: []}) { token } }`,
		`mutation { ...both } fragment both on Mutation { createSystemPermissionsToken(input: {name: "a", permissions: []}) deleteToken(input: {id: "x"}) }`,
	} {
		if a := s.send(query, "k1"); a.code() != "INVALID" || !strings.Contains(a.Body, "makes 2 changes") {
			t.Errorf("got %s", a.Body)
		}
	}
	if s.rows() != before {
		t.Error("something was changed")
	}
	for _, query := range []string{
		`mutation { __typename createSystemToken(input: {name: "a", permissions: []}) { token } b: createSystemToken(input: {name: "b", permissions: []}) @skip(if: true) { token } }`,
		`{ viewer { id } meta { version } }`,
	} {
		if a := s.send(query, "k1"); a.code() != "ok" {
			t.Errorf("got %s", a.Body)
		}
	}
}

func TestIdempotencyKey_WithoutItEveryCreateMakesAToken(t *testing.T) {
	s := serve(t)
	for range 3 {
		if a := s.send(createNurse); a.code() != "ok" {
			t.Fatal(a.Body)
		}
	}
	if n := len(s.All()); n != 3 {
		t.Errorf("%d tokens, want 3", n)
	}
}

func TestIdempotencyKey_IsKeptNowhereAsItWasSent(t *testing.T) {
	s := serve(t)
	const key = "a-key-that-is-easy-to-find"
	for range 2 {
		s.send(createNurse, key)
	}
	_, entries, err := s.Events(t.Context(), authoritytest.Root(), audit.Query{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if text, _ := e.MarshalJSON(); strings.Contains(string(text), "easy-to-find") {
			t.Errorf("the audit log tells the key: %s", text)
		}
	}
	if strings.Contains(s.Log.String(), "easy-to-find") || strings.Contains(s.rows(), hex.EncodeToString([]byte("easy-to-find"))) {
		t.Error("the log or the store tells the key")
	}
}
