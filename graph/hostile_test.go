package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tokenscale/authn"
	"tokenscale/authority/authoritytest"
	"tokenscale/graph"
)

// hostile returns the documents in testdata/hostile, by name, and those that
// are as large as a request may be.
func hostile(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("testdata/hostile/*.graphql")
	if err != nil || len(files) < 30 {
		tb.Fatalf("%d files in the corpus, %v", len(files), err)
	}
	const room = 520 << 10
	all := map[string]string{
		"large-comments":  strings.Repeat("#\n", room/2) + "{ nothing }",
		"large-commas":    "{ nothing " + strings.Repeat(",", room) + "}",
		"large-string":    `{ token(tokenId: "` + strings.Repeat("x", room) + `") { nothing } }`,
		"large-escapes":   `{ token(tokenId: "` + strings.Repeat(`A`, room/12) + `") { nothing } }`,
		"large-block":     `{ token(tokenId: """` + strings.Repeat("\n x", room/4) + `""") { nothing } }`,
		"large-name":      "{ " + strings.Repeat("x", room) + " }",
		"large-number":    "{ systemTokens(limit: " + strings.Repeat("9", room) + ") { totalResults } }",
		"large-nonsense":  strings.Repeat("\u00a7", room/2),
		"too-large":       "{ viewer { id } }" + strings.Repeat(" ", room+(10<<10)),
		"large-structure": strings.Repeat("{", room),
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".graphql")] = string(text)
	}
	return all
}

// answered are the documents that are carried out: nothing in them is
// forbidden, but they must stay cheap.
var answered = map[string]bool{"same-leaf-390": true, "spreads-95-of-one": true, "inline-fragments-nested-240": true, "schema-wide": true}

// insider asks the handler as root, without a network between.
func insider(tb testing.TB) func(query string) (int, []byte) {
	tb.Helper()
	house := authoritytest.Open(tb)
	api := graph.NewHandler(graph.Options{Authority: house.Authority, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	return func(query string) (int, []byte) {
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			tb.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/graphql", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r.WithContext(authn.WithActor(r.Context(), authoritytest.Root())))
		return w.Code, w.Body.Bytes()
	}
}

// What a document costs is held down by what it allocates, which does not
// depend on who else uses the machine; BenchmarkHostile shows the time.
func TestHostile_EachDocumentIsRefusedOrCheap(t *testing.T) {
	const (
		// The longest document, some forty times; more under the race detector.
		mostAllocated = 20 << 20
		mostAnswered  = 1 << 20
	)
	ask := insider(t)
	ask("{ viewer { id } }") // what is made once
	for name, query := range hostile(t) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		status, body := ask(query)
		runtime.ReadMemStats(&after)
		var a answer
		if err := json.Unmarshal(body, &a); err != nil || status != http.StatusOK {
			t.Errorf("%s: %d, %v", name, status, err)
		}
		if (len(a.Errors) == 0) != answered[name] || len(a.Errors) > 20 {
			t.Errorf("%s: %d errors; want it refused with at most 20, or answered: %v\n%.500s", name, len(a.Errors), answered[name], body)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > mostAllocated || len(body) > mostAnswered {
			t.Errorf("%s: %d KiB were allocated and %d KiB answered, want at most %d and %d", name, got>>10, len(body)>>10, mostAllocated>>10, mostAnswered>>10)
		}
	}
}

func TestHostile_NoneIsRememberedOnceItWasRefused(t *testing.T) {
	ask := insider(t)
	for _, query := range []string{"{ viewer { nothing } }", "{ " + strings.Repeat("viewer { id } ", 11) + "}"} {
		_, first := ask(query)
		_, second := ask(query)
		if !bytes.Contains(first, []byte("errors")) || !bytes.Equal(first, second) {
			t.Errorf("%s\nfirst  %s\nsecond %s\nwant two equal refusals", query, first, second)
		}
	}
}

// Names that are almost right get no help: to look for what was meant costs
// more than all the rest of the validation.
func TestHostile_NoComplaintSuggestsAName(t *testing.T) {
	ask := insider(t)
	for _, query := range []string{
		"{ viewr { id } }", "{ viewer { usernam } }", `{ token(tokenID: "x") { id } }`, "query($v: Strin) { token(tokenId: $v) { id } }",
		"{ systemTokens(sortBy: Nam) { totalResults } }", "{ viewer }", "mutation { createSystemToken(input: {nam: 1}) { token } }",
	} {
		if _, body := ask(query); !bytes.Contains(body, []byte("errors")) || bytes.Contains(bytes.ToLower(body), []byte("did you mean")) {
			t.Errorf("%s: %s", query, body)
		}
	}
}

// The list holds all words of the schema, words that are nearly one of them, and
// what an API of this kind may have.
func TestHostile_FiveThousandWordsGetNoSuggestion(t *testing.T) {
	text, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	words, ask := strings.Fields(string(text)), insider(t)
	if len(words) != 5000 {
		t.Fatalf("%d words", len(words))
	}
	places := []string{
		"{ %s }", "{ viewer { %s } }", "mutation { %s }", `{ token(%s: "x") { id } }`, "{ systemTokens(sortBy: %s) { totalResults } }", "query($v: %s) { viewer { id } }",
		`{ token(tokenId: "x") { ... on %s { id } } }`, "mutation { createSystemToken(input: {%s: 1}) { token } }", "{ viewer { id @%s } }", "{ ...%s }", "{ token(tokenId: $%s) { id } }",
	}
	refused := 0
	for i, word := range words {
		_, body := ask(fmt.Sprintf(places[i%len(places)], word))
		if bytes.Contains(body, []byte(`"errors"`)) {
			refused++
		}
		for _, suggestion := range []string{"did you mean", "perhaps", "similar", "suggest"} {
			if bytes.Contains(bytes.ToLower(body), []byte(suggestion)) {
				t.Errorf("%s: %s", word, body)
			}
		}
	}
	if refused < 4000 {
		t.Errorf("%d of %d were refused; are they words at all?", refused, len(words))
	}
}

func BenchmarkHostile(b *testing.B) {
	ask := insider(b)
	for name, query := range hostile(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				ask(fmt.Sprintf("%s #%d", query, n)) // never one that is known
			}
		})
	}
}
