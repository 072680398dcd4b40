package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"tokenscale/authn"
	"tokenscale/authority/authoritytest"
	"tokenscale/graph"
	"tokenscale/permission"
	"tokenscale/policy"
)

var requestIDs = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// pretty writes an answer over several lines, for a golden file.
func pretty(tb testing.TB, body string) string {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(body), "", "  "); err != nil {
		tb.Fatalf("%v\n%s", err, body)
	}
	return requestIDs.ReplaceAllString(b.String(), "REQUEST-ID") + "\n"
}

func TestErrors_TheAnswerForEachCode(t *testing.T) {
	s := serve(t)
	weak := s.holder(permission.PatchGlobal)
	used := s.must(`mutation { createIPFilter(input: {name: "office", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id")
	s.must(`mutation { createSystemToken(input: {name: "bound", permissions: [], ipFilterId: "`+used+`"}) { token } }`, nil)
	tests := []struct{ name, token, query string }{
		{"invalid, what no state could accept", s.root, `mutation { createSystemToken(input: {name: "", permissions: []}) { token } }`},
		{"invalid, a value of the wrong type", s.root, `query($l: Int) { systemTokens(limit: $l) { totalResults } }`},
		{"forbidden, a permission is missing", weak, `mutation { deleteToken(input: {id: "x"}) }`},
		{"not found", s.root, `{ token(tokenId: "x") { id } }`},
		{"conflict", s.root, `mutation { deleteIPFilter(input: {id: "` + used + `"}) }`},
		{"validation", s.root, `{ systemTokens { nonsense } }`},
		{"parse", s.root, `{ systemTokens`},
	}
	var b strings.Builder
	for _, test := range tests {
		a := s.ask(test.token, test.query, vars{"l": "five"})
		if a.Status != http.StatusOK {
			t.Errorf("%s: status %d", test.name, a.Status)
		}
		b.WriteString("# " + test.name + "\n" + pretty(t, a.Body))
	}
	golden(t, "errors.txt", b.String())
}

// inside asks the handler without the authenticator, as somebody of our choice.
func inside(tb testing.TB, o graph.Options, by *policy.Actor, query string) (int, string) {
	tb.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	api := graph.NewHandler(o)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if by != nil {
			r = r.WithContext(authn.WithActor(r.Context(), *by))
		}
		api.ServeHTTP(w, r)
	})
	r := httptest.NewRequest("POST", "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	authn.Identify(nil, handler).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestErrors_APanicIsHiddenFromTheClientAndLoggedWithItsCause(t *testing.T) {
	var log authoritytest.Log
	// No authority: every use of it panics.
	o := graph.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
	root := authoritytest.Root()
	status, body := inside(t, o, &root, `{ viewer { username } ipFilters { id } }`)
	if status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	golden(t, "internal.txt", pretty(t, body))
	id := requestIDs.FindString(body)
	for _, want := range []string{id, "nil pointer dereference", "ipFilters", "schema.resolvers.go"} {
		if !strings.Contains(log.String(), want) || want == "" {
			t.Errorf("the log does not hold %q:\n%s", want, log.String())
		}
	}
}

func TestErrors_AStoreThatIsClosedIsUnavailableAndSaysThatNothingWasChanged(t *testing.T) {
	house := authoritytest.Open(t)
	root := authoritytest.Root()
	db := house.DB
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(house.Reopen) // so that the house can be closed in peace
	o := graph.Options{Authority: house.Authority, Log: slog.New(slog.NewTextHandler(house.Log, nil))}
	status, body := inside(t, o, &root, `mutation { createSystemToken(input: {name: "a", permissions: []}) { token } }`)
	if status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	golden(t, "unavailable.txt", pretty(t, body))
}

func TestErrors_WithoutACallerNoRootFieldAnswers(t *testing.T) {
	house := authoritytest.Open(t)
	o := graph.Options{Authority: house.Authority, Log: slog.New(slog.NewTextHandler(house.Log, nil))}
	schema := load(t)
	for _, op := range operations(schema) {
		v, _ := json.Marshal(good(schema, op.field))
		status, body := inside(t, o, nil, op.query)
		if len(op.field.Arguments) > 0 && string(v) != "{}" {
			status, body = insideWith(t, o, op.query, string(v))
		}
		if status != http.StatusOK || !strings.Contains(body, `"code":"UNAUTHENTICATED"`) || regexp.MustCompile(`"data":\{"\w+":[^n]`).MatchString(body) {
			t.Errorf("%s: %d %s", op.field.Name, status, body)
		}
	}
}

func insideWith(tb testing.TB, o graph.Options, query, variables string) (int, string) {
	tb.Helper()
	body, _ := json.Marshal(map[string]any{"query": query, "variables": raw(variables)})
	r := httptest.NewRequest("POST", "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	graph.NewHandler(o).ServeHTTP(w, r.WithContext(context.Background()))
	return w.Code, w.Body.String()
}

func TestErrors_ATokenThatDiesBetweenTheTwoChecksChangesNothing(t *testing.T) {
	s := serve(t)
	by, secret := s.Holder(permission.ChangeSystemPermissions)
	s.must(`mutation { deleteToken(input: {id: "`+idOf(secret)+`"}) }`, nil)
	o := graph.Options{Authority: s.Authority, Log: slog.New(slog.NewTextHandler(s.Log, nil))}
	_, body := inside(t, o, &by, `mutation { createSystemToken(input: {name: "late", permissions: []}) { token } }`)
	golden(t, "unauthenticated.txt", pretty(t, body))
}

func TestErrors_OneRootFieldIsRefusedAndTheOthersAnswer(t *testing.T) {
	s := serve(t)
	secret := s.holder(permission.ManageCluster)
	a := s.ask(secret, `{ viewerOpt { username } me: token(tokenId: "`+idOf(secret)+`") { name } meta { version } ipFilters { id } }`, nil)
	if a.code() != "ok" || a.text("me", "name") != "holder" || a.text("meta", "version") != version {
		t.Errorf("four fields at once: %s", a.Body)
	}
	// viewerOpt may be null, so its neighbours survive; the others are of the kind that takes all
	// data along.
	a = s.ask(secret, `{ viewerOpt { username } systemTokens { totalResults } }`, nil)
	if a.code() != "FORBIDDEN" || a.at("viewerOpt") != nil || !strings.HasPrefix(a.Body, `{"data":null,`) {
		t.Errorf("a refused field that cannot be null takes the data along, as GraphQL says: %s", a.Body)
	}
}

func TestErrors_SeveralMutationsGoOneAfterTheOtherAndStopAtTheFirstRefusal(t *testing.T) {
	s := serve(t)
	a := s.ask(s.root, `mutation {
		first: createSystemPermissionsToken(input: {name: "first", permissions: []})
		second: createSystemPermissionsToken(input: {name: "", permissions: []})
		third: createSystemPermissionsToken(input: {name: "third", permissions: []})
	}`, nil)
	if a.code() != "INVALID" || len(a.Errors) != 1 || a.Errors[0].Path[0] != "second" {
		t.Errorf("%s", a.Body)
	}
	list := s.must(`{ systemTokens { results { name } } }`, nil)
	if got := list.text("systemTokens", "results"); got != "[map[name:first]]" {
		t.Errorf("tokens are %s; want the first, which was made, and not the third, whose string nobody would see", got)
	}
}

func TestErrors_WhatGraphQLCannotReadIsSaidInWordsAndWithItsPlace(t *testing.T) {
	s := serve(t)
	for query, column := range map[string]int{
		`{ viewer(a: “b”) { id } }`: 13, "{ viewer { id\u200b } }": 14, `{ viewer { id }; }`: 16, `{ viewer(a: 05) { id } }`: 14,
		`{ viewer(a: 1.) { id } }`: 15, `{ viewer(a: "b) { id } }`: 25, "{ viewer\x00 { id } }": 9, `{ viewer(a: 'b') { id } }`: 13,
	} {
		a := s.ask(s.root, query, nil)
		if len(a.Errors) != 1 || !strings.Contains(a.Errors[0].Message, "here stands what GraphQL cannot read") || !strings.Contains(a.Body, fmt.Sprintf(`"column":%d`, column)) {
			t.Errorf("%q: want column %d of %s", query, column, a.Body)
		}
	}
}

func TestErrors_NothingOfTheQueryThatMayBeASecretIsRepeated(t *testing.T) {
	s := serve(t)
	secret := s.holder(permission.ManageCluster)
	_, tail, _ := strings.Cut(secret, "~")
	for _, query := range []string{
		`{ ` + tail + ` }`, `{ x` + tail + ` { y } }`, `{ viewer { username } } fragment ` + tail[:0] + `F on x` + tail + ` { id }`,
		`{ token(x` + tail + `: 1) { id } }`, `{ token(tokenId: ` + secret + `) { id } }`, `{ token(tokenId: x` + tail + `) { id } }`,
		`mutation { createSystemToken(input: {name: "a", permissions: ["` + secret + `"]}) { token } }`,
		`mutation { createSystemToken(input: {name: "a", permissions: [x` + tail + `]}) { token } }`,
		`mutation { createSystemToken(input: {name: "a", permissions: [], x` + tail + `: 1}) { token } }`,
		`query($v: x` + tail + `) { viewer { username } }`, `{ viewer @x` + tail + ` { username } }`, `{ ...x` + tail + ` }`,
		secret, `"` + secret + `"`, `{ auditEvents(since: "` + secret + `") { totalResults } }`,
		`{ systemTokens(limit: "` + secret + `") { totalResults } }`, `{ systemTokens(sortBy: "` + secret + `") { totalResults } }`,
	} {
		a := s.ask(s.root, query, nil)
		if len(a.Errors) == 0 || a.code() == "INTERNAL" {
			t.Errorf("%s: %s", query, a.Body)
		}
		s.wantHidden(a.Body, secret)
	}
	for _, v := range []vars{
		{"input": secret}, {"input": vars{secret: 1}}, {"input": vars{"name": []string{secret}}}, {"input": vars{"name": "a", "permissions": secret}},
		{"input": vars{"name": "a", "permissions": []string{}, "expireAt": secret}}, {"input": vars{"name": "a", "permissions": []string{}, tail: 1}},
		{"input": vars{"name": "a", "permissions": []string{}, "ipFilterId": secret}},
	} {
		a := s.ask(s.root, creation("createSystemToken"), v)
		if a.code() != "INVALID" {
			t.Errorf("%v: %s", v, a.Body)
		}
		s.wantHidden(a.Body, secret)
	}
	s.wantQuiet(secret)
	s.wantHidden(s.rows(), secret)
}
