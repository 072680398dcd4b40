package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/fault"
	"tokenscale/graph/budget"
	"tokenscale/graph/transport"
)

// No question about the schema that the other limits let through reaches 8
// MiB, but it is counted like all else: here 2 MiB are the most, and no other limit holds.
func TestMeter_CountsWhatTheSchemaIsToldIn(t *testing.T) {
	h := handler.New(NewExecutableSchema(Config{Schema: describedSchema(), Resolvers: &Resolver{}}))
	h.Use(extension.Introspection{})
	h.AddTransport(transport.New(transport.Options{
		Known: graphql.MapCache[*ast.QueryDocument]{}, Budget: budget.New(1),
		Measure: func(string) *fault.Error { return nil },
	}))
	ask := func(aliases int) *httptest.ResponseRecorder {
		var b strings.Builder
		for i := range aliases {
			fmt.Fprintf(&b, "a%d: types { name description fields { name description args { name description } } } ", i)
		}
		body, _ := json.Marshal(map[string]string{"query": "{ __schema { " + b.String() + "} }"})
		r := httptest.NewRequest("POST", "/graphql", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	one := ask(1)
	if one.Code != 200 || one.Body.Len() < 32<<10 || one.Body.Len() > 256<<10 {
		t.Fatalf("got %d, %d bytes: %.200s", one.Code, one.Body.Len(), one.Body)
	}
	if w := ask(72); w.Code != 200 || w.Body.Len() > 1000 || !strings.Contains(w.Body.String(), "The answer would hold more than") {
		t.Errorf("got %d, %d bytes: %.200s", w.Code, w.Body.Len(), w.Body)
	}
}
