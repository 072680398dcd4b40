package client

import (
	"net/http"
	"strings"

	"github.com/Khan/genqlient/graphql"
)

//go:generate go tool -modfile=../tools/go.mod genqlient genqlient.yaml

// New returns a client of the server at url, such as https://host:8080, that
// proves with a token string who it is. base sends the requests; nil means
// http.DefaultTransport. It is safe for concurrent use.
func New(url, token string, base http.RoundTripper) graphql.Client {
	if base == nil {
		base = http.DefaultTransport
	}
	return graphql.NewClient(strings.TrimSuffix(url, "/")+"/graphql", &http.Client{Transport: bearer{token, base}})
}

// bearer adds the token to each request.
type bearer struct {
	token string
	base  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.base.RoundTrip(r)
}
