package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/graph/budget"
)

// tiny is a server of one field, which answers, fails or echoes as it is told,
// behind our transport.
func tiny(t testing.TB) http.Handler { return tinyWithin(t, budget.New(0)) }

// tinyWithin is the same within a budget.
func tinyWithin(t testing.TB, b *budget.Budget) http.Handler {
	t.Helper()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		scalar Long
		type Query { say(word: String, number: Long): String, strict: String! }
		type Mutation { do: String }`})
	server := handler.New(&graphql.ExecutableSchemaMock{
		SchemaFunc:     func() *ast.Schema { return schema },
		ComplexityFunc: func(context.Context, string, string, int, map[string]any) (int, bool) { return 1, true },
		ExecFunc:       execute,
	})
	known := graphql.MapCache[*ast.QueryDocument]{}
	server.SetQueryCache(known)
	server.AddTransport(New(options(known, b)))
	server.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		if f, ok := errors.AsType[*fault.Error](err); ok {
			shown.Message, shown.Extensions = f.Message, map[string]any{"code": f.Code}
		}
		if shown.Message == "There were errors in the input." {
			shown.Extensions = map[string]any{"code": "INVALID", "state": map[string]string{"word": "is bad"}}
		}
		return shown
	})
	return server
}

func options(known graphql.Cache[*ast.QueryDocument], b *budget.Budget) Options {
	return Options{
		Known: known, Budget: b,
		Measure:    func(string) *fault.Error { return nil },
		ChangeSize: func(*ast.OperationDefinition) int64 { return 0 },
	}
}

func execute(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := op.Operation.SelectionSet[0].(*ast.Field)
	args := field.ArgumentMap(op.Variables)
	return graphql.OneShot(func() *graphql.Response {
		switch {
		case field.Name == "strict":
			return &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{gqlerror.Errorf("Manage cluster not allowed")}}
		case args["word"] == "bad":
			return &graphql.Response{Data: json.RawMessage(`{"say":null}`), Errors: gqlerror.List{
				graphql.DefaultErrorPresenter(ctx, errors.New("plain")),
				{Message: "There were errors in the input.", Path: ast.Path{ast.PathName("say")}, Extensions: map[string]any{"code": "INVALID", "state": map[string]string{"word": "is bad"}}},
			}}
		case args["number"] != nil:
			text, _ := json.Marshal(args["number"])
			return &graphql.Response{Data: json.RawMessage(`{"say":` + string(text) + `}`)}
		}
		return &graphql.Response{Data: json.RawMessage(`{"say":"<b>"}`)}
	}())
}

// send posts a body as a client would, with headers, name and value in turn.
func send(t testing.TB, body string, headers ...string) (status int, h http.Header, text string) {
	t.Helper()
	return sendTo(t, tiny(t), body, headers...)
}

func sendTo(t testing.TB, to http.Handler, body string, headers ...string) (status int, h http.Header, text string) {
	t.Helper()
	r := httptest.NewRequest("POST", "/graphql?id=AnyThing", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Del(headers[i]); headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	read, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Header(), string(read)
}

const (
	hello     = `{"query":"{say}"}`
	helloSays = `{"data":{"say":"<b>"}}`
	newer     = "application/graphql-response+json"
)

func errorText(message string) string {
	return `{"errors":[{"message":"` + message + `","extensions":{"code":"INVALID"}}]}`
}

const notPersistedText = `{"errors":[{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"}}]}`

func validationText(message string) string {
	return `{"errors":[{"message":"` + message + `","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`
}

func TestTransportBodies(t *testing.T) {
	tests := []struct {
		name   string
		body   string
		status int
		want   string
	}{
		{"a query is answered", hello, 200, helloSays},
		{"explicit nulls are as good as absence", `{"query":"{say}","variables":null,"operationName":null,"extensions":null}`, 200, helloSays},
		{"an empty operation name is absence", `{"query":"{say}","operationName":""}`, 200, helloSays},
		{"members we do not know are left alone", `{"query":"{say}","id":7,"extra":[1]}`, 200, helloSays},
		{"of two members the last counts", `{"query":"{nonsense}","query":"{say}"}`, 200, helloSays},
		{"a member in capitals is another member", `{"query":"{say}","QUERY":"{nonsense}"}`, 200, helloSays},
		{"a byte order mark is skipped", "\ufeff" + hello, 200, helloSays},
		{"a mutation is carried out", `{"query":"mutation {do}"}`, 200, helloSays},
		{"a long number keeps all its digits", `{"query":"query($n:Long){say(number:$n)}","variables":{"n":9007199254740993}}`, 200, `{"data":{"say":9007199254740993}}`},
		{"an error comes with its data, and state beside the message", `{"query":"{say(word:\"bad\")}"}`, 200,
			`{"data":{"say":null},"errors":[{"message":"plain"},{"message":"There were errors in the input.","path":["say"],"state":{"word":"is bad"},"extensions":{"code":"INVALID"}}]}`},
		{"a refused operation says data null", `{"query":"{strict}"}`, 200, `{"data":null,"errors":[{"message":"Manage cluster not allowed"}]}`},
		{"no body", "", 400, errorText("the body is not a JSON object")},
		{"no JSON", "secret~token", 400, errorText("the body is not a JSON object")},
		{"half a JSON object", `{"query":"{say}"`, 400, errorText("the body is not a JSON object")},
		{"two JSON objects", hello + hello, 400, errorText("the body is not a JSON object")},
		{"null", "null", 400, errorText("the body is not a JSON object")},
		{"text", `"{say}"`, 400, errorText("the body is not a JSON object")},
		{"a list", ` [` + hello + `]`, 400, errorText("the body holds a list; send one operation at a time")},
		{"not UTF-8", "{\"query\":\"{say} # \xff\"}", 400, errorText("the body is not UTF-8")},
		{"no query", `{}`, 400, errorText("query must be there, as text")},
		{"an empty query", `{"query":""}`, 400, errorText("query must be there, as text")},
		{"a query that is null", `{"query":null}`, 400, errorText("query must be there, as text")},
		{"a query that is a number", `{"query":5}`, 400, errorText("query must be there, as text")},
		{"an operation name that is a number", `{"query":"{say}","operationName":5}`, 400, errorText("operationName must be a name, null or absent")},
		{"an operation name that is a token", `{"query":"{say}","operationName":"abc~def"}`, 400, errorText("operationName must be a name, null or absent")},
		{"a list of nothing is as good as absence: PHP sends it", `{"query":"{say}","variables":[],"extensions":[ ]}`, 200, helloSays},
		{"variables that are a list", `{"query":"{say}","variables":[1]}`, 400, errorText("variables must be an object, null or absent")},
		{"variables that are a list of lists", `{"query":"{say}","variables":[[]]}`, 400, errorText("variables must be an object, null or absent")},
		{"extensions that are a list", `{"query":"{say}","extensions":[{}]}`, 400, errorText("extensions must be an object, null or absent")},
		{"the hash of a query that was never sent", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`, 200, notPersistedText},
		{"the hash of a query, and null for its text", `{"query":null,"extensions":{"persistedQuery":{}}}`, 200, notPersistedText},
		{"the hash of a query, and nothing for its text", `{"query":"","variables":{},"extensions":{"persistedQuery":true}}`, 200, notPersistedText},
		{"a query with its hash is carried out", `{"query":"{say}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`, 200, helloSays},
		{"another extension is no hash", `{"extensions":{"tracing":{}}}`, 400, errorText("query must be there, as text")},
		{"a hash that is null is none", `{"extensions":{"persistedQuery":null}}`, 400, errorText("query must be there, as text")},
		{"one operation needs no name", `{"query":"query A {say}"}`, 200, helloSays},
		{"two operations and no name", `{"query":"query A {say} query B {say}"}`, 200, validationText("the document has 2 operations, and operationName does not say which to carry out; it has A, B")},
		{"two operations and an empty name", `{"query":"query A {say} mutation B {do}","operationName":""}`, 200, validationText("the document has 2 operations, and operationName does not say which to carry out; it has A, B")},
		{"two operations and the name of one", `{"query":"query A {say} query B {say}","operationName":"B"}`, 200, helloSays},
		{"two operations and the name of none", `{"query":"query A {say} query B {say}","operationName":"C"}`, 200, validationText("the document has no operation of the name that operationName says; it has A, B")},
		{"an operation without a name, asked for by one", `{"query":"{say}","operationName":"C"}`, 200, validationText("the document has no operation of the name that operationName says; its only operation has no name")},
		{"variables that are text", `{"query":"{say}","variables":"{}"}`, 400, errorText("variables must be an object, null or absent")},
		{"extensions that are text", `{"query":"{say}","extensions":"secret"}`, 400, errorText("extensions must be an object, null or absent")},
		{"1600 KiB are read", hello[:len(hello)-1] + strings.Repeat(" ", maxBody-len(hello)) + "}", 200, helloSays},
		{"more are not", hello[:len(hello)-1] + strings.Repeat(" ", maxBody-len(hello)+1) + "}", 413, errorText("the body is larger than 1600 KiB")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, h, got := send(t, test.body)
			if status != test.status || got != test.want {
				t.Errorf("got %d %s\nwant %d %s", status, got, test.status, test.want)
			}
			if h.Get("Content-Type") != "application/json; charset=utf-8" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v, want JSON that nobody stores", h)
			}
		})
	}
}

func TestTransportHeaders(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		status  int
	}{
		{"JSON in UTF-8", []string{"Content-Type", "application/json; charset=UTF-8"}, 200},
		{"JSON in capitals", []string{"Content-Type", "Application/JSON"}, 200},
		{"JSON in another charset", []string{"Content-Type", "application/json; charset=utf-16"}, 415},
		{"no content type", []string{"Content-Type", ""}, 415},
		{"a form", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"a file", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		{"text, which other sites can send", []string{"Content-Type", "text/plain"}, 415},
		{"GraphQL alone", []string{"Content-Type", "application/graphql"}, 415},
		{"nonsense", []string{"Content-Type", "application/json; ;="}, 415},
		{"a compressed body", []string{"Content-Encoding", "gzip"}, 415},
		{"a body that says it is not compressed", []string{"Content-Encoding", "identity"}, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if status, _, text := send(t, hello, test.headers...); status != test.status {
				t.Errorf("got %d %s, want %d", status, text, test.status)
			}
		})
	}
}

func TestTransportStatus(t *testing.T) {
	const invalid, syntax, missing = `{"query":"{nonsense}"}`, `{"query":"{"}`, `{"query":"query($n:Long!){say(number:$n)}"}`
	tests := []struct {
		name   string
		accept string
		body   string
		status int
		kind   string
	}{
		{"a client that says nothing", "", invalid, 200, jsonType},
		{"a client that takes anything", "*/*", invalid, 200, jsonType},
		{"JSON: an unknown field", "application/json", invalid, 200, jsonType},
		{"JSON: bad syntax", "application/json", syntax, 200, jsonType},
		{"JSON: a missing variable", "application/json", missing, 200, jsonType},
		{"GraphQL response: an unknown field", newer, invalid, 400, responseType},
		{"GraphQL response: bad syntax", newer, syntax, 400, responseType},
		{"GraphQL response: a missing variable", newer, missing, 400, responseType},
		{"GraphQL response: an error in the execution", newer, `{"query":"{strict}"}`, 200, responseType},
		{"GraphQL response: all is well", newer, hello, 200, responseType},
		{"both, and the newer is preferred", "application/json, " + newer, invalid, 400, responseType},
		{"both, weighed", newer + ";q=0.5, application/json;q=0.9", invalid, 200, jsonType},
		{"what GraphiQL and urql send", newer + ", application/graphql+json, application/json, text/event-stream, multipart/mixed", invalid, 400, responseType},
		{"a refused type is not used", newer + ";q=0, */*;q=0.1", invalid, 200, jsonType},
		{"another charset is not used", newer + "; charset=utf-16, application/json", invalid, 200, jsonType},
		{"lines of JSON, of which one is JSON too", "application/x-ndjson", invalid, 200, jsonType},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, h, text := send(t, test.body, "Accept", test.accept)
			if status != test.status || h.Get("Content-Type") != test.kind+"; charset=utf-8" {
				t.Errorf("got %d, %s; want %d, %s\n%s", status, h.Get("Content-Type"), test.status, test.kind, text)
			}
			if status == 400 && strings.Contains(text, `"data"`) {
				t.Errorf("the answer has data, want none where nothing was executed: %s", text)
			}
		})
	}
}

func TestTransportMethods(t *testing.T) {
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "OPTIONS", "post"} {
		w := httptest.NewRecorder()
		tiny(t).ServeHTTP(w, httptest.NewRequest(method, "/graphql?query={say}", nil))
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("%s: %d, Allow %q; want 405, GET, HEAD, POST", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

// A token pasted anywhere into a request that cannot be read comes back
// nowhere.
func TestTransportEchoesNothing(t *testing.T) {
	const canary = "canary~canary"
	for _, body := range []string{
		canary, `{"query":` + canary, `{"query":"{say}","operationName":"` + canary + `"}`, `["` + canary + `"]`,
		`{"query":"{say}","variables":"` + canary + `"}`, `{"` + canary + `":1}`, `{"query":7,"x":"` + canary + `"}`,
	} {
		if _, h, text := send(t, body); strings.Contains(text, "canary") || strings.Contains(strings.Join(h["Content-Type"], ""), "canary") {
			t.Errorf("%s comes back: %s", body, text)
		}
	}
	if _, _, text := send(t, hello, "Content-Type", canary); strings.Contains(text, "canary") {
		t.Errorf("the content type comes back: %s", text)
	}
}

func TestTransportNamesTheOperationForTheLog(t *testing.T) {
	secretHalf := strings.Repeat("x", 44)
	tests := []struct{ name, body, id, want string }{
		{"by operationName", `{"query":"query Mine {say}","operationName":"Mine"}`, "Other", "Mine"},
		{"by ?id=", hello, "UpdateViewPermissionsTokenAssetPermissions", "UpdateViewPermissionsTokenAssetPermissions"},
		{"not by a token", hello, "abc~def", ""},
		{"not by half a token", hello, secretHalf, ""},
		{"not by a line break", hello, "a%0Ab", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got string
			h := authn.Identify(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tiny(t).ServeHTTP(w, r)
				got = authn.RequestOf(r.Context()).Operation
			}))
			r := httptest.NewRequest("POST", "/graphql?id="+test.id, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json")
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != test.want {
				t.Errorf("operation %q, want %q", got, test.want)
			}
		})
	}
}

func TestTransportOfAGivenUpRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", "/graphql", strings.NewReader(hello))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	tiny(t).ServeHTTP(w, r)
	want := `{"errors":[{"message":"the request was given up before it was answered","extensions":{"code":"UNAVAILABLE"}}]}`
	if diff := cmp.Diff(w.Body.String(), want); w.Code != 503 || diff != "" {
		t.Errorf("got %d, want 503 (-got +want):\n%s", w.Code, diff)
	}
}

// FuzzBody reads whatever comes: no panic, and a refusal that repeats nothing.
func FuzzBody(f *testing.F) {
	for _, body := range []string{hello, "", "[", `{"query":null}`, "\ufeff{}", `{"query":"{say}","variables":{"a":[1,{"b":1e999}]}}`, "{\"query\":\"\xff\"}"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, bad := parse(body)
		if (p == nil) == (bad == nil) {
			t.Fatalf("parse(%q) = %v, %v; want one of the two", body, p, bad)
		}
		if p != nil && (p.Query == "" && p.Extensions[persistedQuery] == nil || p.OperationName != "" && !isName(p.OperationName)) {
			t.Errorf("parse(%q) accepts %+v", body, p)
		}
	})
}
