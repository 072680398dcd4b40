package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tokenscale/authn"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rows"
	"tokenscale/graph"
	"tokenscale/permission"
	"tokenscale/store"
)

// A server is the whole way of a request: HTTP, the authenticator, GraphQL, a real
// authority on a real store.
type server struct {
	*authoritytest.House
	http *httptest.Server
	tb   testing.TB
	root string // the root token
}

const version = "1.2.3--build-4--sha-abcdef"

func serve(tb testing.TB) *server {
	tb.Helper()
	house := authoritytest.Open(tb)
	secret, ok, err := house.FirstRoot(tb.Context())
	if err != nil || !ok {
		tb.Fatalf("making the root token: %v, %v", ok, err)
	}
	s := &server{House: house, tb: tb, root: secret.Reveal()}
	log := slog.New(slog.NewJSONHandler(house.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	authenticator := &authn.Authenticator{Verifier: house.Authority, OnRefused: house.Refused, Log: log}
	api := graph.NewHandler(graph.Options{Authority: house.Authority, Log: log, Version: version})
	s.http = httptest.NewServer(authn.Identify(nil, authenticator.Protect(api)))
	tb.Cleanup(s.http.Close)
	return s
}

// vars are the variables of a request.
type vars map[string]any

// An answer is what a client gets, with an error as LogScale's clients read it.
type answer struct {
	Status int    `json:"-"`
	Body   string `json:"-"`
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		State      map[string]string
		Extensions map[string]any
	}
}

// code returns the code of the first error, or "ok" if there is none.
func (a answer) code() string {
	switch {
	case a.Status == http.StatusUnauthorized:
		return "401"
	case len(a.Errors) == 0:
		return "ok"
	}
	return fmt.Sprint(a.Errors[0].Extensions["code"])
}

// at returns what stands in the data under the names.
func (a answer) at(names ...string) any {
	var v any = a.Data
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// text returns what stands in the data under the names, as text.
func (a answer) text(names ...string) string { return fmt.Sprint(a.at(names...)) }

// ask sends one request with a token, as LogScale's clients do.
func (s *server) ask(token, query string, v vars) answer {
	s.tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		s.tb.Fatal(err)
	}
	return s.post(token, string(body))
}

// must asks as root, and fails the test if anything is refused.
func (s *server) must(query string, v vars) answer {
	s.tb.Helper()
	a := s.ask(s.root, query, v)
	if a.code() != "ok" || a.Status != http.StatusOK {
		s.tb.Fatalf("%s\nstatus %d: %s", query, a.Status, a.Body)
	}
	return a
}

func (s *server) post(token, body string) answer {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(context.Background(), "POST", s.http.URL+"/graphql?id=AnyName", strings.NewReader(body))
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return s.do(r)
}

func (s *server) do(r *http.Request) answer {
	s.tb.Helper()
	resp, err := s.http.Client().Do(r)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	a := answer{Status: resp.StatusCode, Body: string(text)}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/") {
		if err := json.Unmarshal(text, &a); err != nil {
			s.tb.Fatalf("the answer is no JSON: %v\n%s", err, text)
		}
	}
	return a
}

// holder returns the string of a new token with the permissions.
func (s *server) holder(ps ...permission.Permission) string {
	s.tb.Helper()
	_, secret := s.Holder(ps...)
	return secret
}

// rows returns everything in the store, so that two moments can be compared.
func (s *server) rows() string {
	s.tb.Helper()
	var all bytes.Buffer
	err := s.DB.View(s.tb.Context(), func(r store.Reader) error {
		for _, t := range rows.Tables() {
			err := r.Scan(t, store.Range{}, func(key, value []byte) error {
				fmt.Fprintf(&all, "%s %x %x\n", t, key, value)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.tb.Fatal(err)
	}
	return all.String()
}

// idOf returns the part of a token string that is no secret.
func idOf(secret string) string {
	before, _, _ := strings.Cut(secret, "~")
	return before
}
