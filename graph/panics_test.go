package graph_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tokenscale/authn"
	"tokenscale/authority/authoritytest"
	"tokenscale/graph"
)

// With no authority behind it, each root field that asks it panics. Each panic is
// one answer with a request id and one cause in the log, and the next request is
// answered.
func TestErrors_APanicInAnyRootFieldIsHiddenAndLogged(t *testing.T) {
	var log authoritytest.Log
	api := graph.NewHandler(graph.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	ask := func(query string, v any) (int, string) {
		body, err := json.Marshal(map[string]any{"query": query, "variables": v})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/graphql", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		authn.Identify(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			api.ServeHTTP(w, r.WithContext(authn.WithActor(r.Context(), authoritytest.Root())))
		})).ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	schema := load(t)
	panicked := 0
	for _, op := range operations(schema) {
		before := strings.Count(log.String(), "panic: ")
		status, body := ask(op.query, good(schema, op.field))
		now := strings.Count(log.String(), "panic: ")
		if now == before { // it needs no authority
			if status != http.StatusOK || strings.Contains(body, "INTERNAL") {
				t.Errorf("%s: %d %s", op.field.Name, status, body)
			}
			continue
		}
		panicked++
		if status != http.StatusOK || strings.Count(body, `"code":"INTERNAL"`) != 1 || !requestIDs.MatchString(body) || strings.Contains(body, "nil pointer") || strings.Contains(body, ".go") {
			t.Errorf("%s: %d %s", op.field.Name, status, body)
		}
		if id := requestIDs.FindString(body); !strings.Contains(log.String(), id) {
			t.Errorf("%s: the log does not name the request %s", op.field.Name, id)
		}
	}
	if panicked < 20 {
		t.Errorf("only %d root fields panicked", panicked)
	}
	if status, body := ask("{ viewer { username } }", nil); status != http.StatusOK || !strings.Contains(body, "localroot") {
		t.Errorf("after %d panics: %d %s", panicked, status, body)
	}
}
