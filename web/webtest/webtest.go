// Package webtest asks a running server over HTTP. The tests of web start one without a process,
// and those of app one with all that belongs to it; both ask it alike.
package webtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Output is what a server writes, which tests read while it runs. It is safe for concurrent use.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String returns what was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// NewClient returns a client that shows redirects and does not follow them.
func NewClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Ask sends a request and returns the answer with its body. headers are name and value in turn;
// Host is the host of the request. A body is JSON unless they say otherwise.
func Ask(tb testing.TB, c *http.Client, method, url, body string, headers ...string) (*http.Response, string) {
	tb.Helper()
	res, err := c.Do(request(tb, method, url, body, headers))
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res, string(text)
}

func request(tb testing.TB, method, url, body string, headers []string) *http.Request {
	tb.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, url, reader)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	if body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// Bearer returns the header of a token, as Ask takes it.
func Bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// Token has root make a token at the server with the given permissions, as a list of GraphQL.
func Token(tb testing.TB, c *http.Client, server, root, name, permissions string) (id, token string) {
	tb.Helper()
	body := fmt.Sprintf(`{"query":"mutation { createSystemToken(input: {name: \"%s\", permissions: [%s]}) { token } }"}`, name, permissions)
	_, text := Ask(tb, c, "POST", server+"/graphql", body, Bearer(root)...)
	m := regexp.MustCompile(`"token":"(([^"~]+)~[^"]+)"`).FindStringSubmatch(text)
	if m == nil {
		tb.Fatalf("no token was made: %s", text)
	}
	return m[2], m[1]
}
