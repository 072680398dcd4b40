package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// whole is an offset that no request and no answer reaches.
const whole = 1 << 30

// A cutter stands between a client and a server and drops each connection
// after so many bytes of its request or of its answer.
type cutter struct {
	net.Listener
	open sync.WaitGroup
	ends chan exchange // one for each connection

	mu              sync.Mutex
	to              string // where the server listens
	request, answer int    // where the next connection is cut
}

// An exchange is how many bytes came of a request and of its answer.
type exchange struct{ request, answer int }

func newCutter(t *testing.T, s *server) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, ends: make(chan exchange, 1)}
	c.lead(s)
	c.open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			c.open.Go(func() { c.ends <- c.serve(client) })
		}
	})
	t.Cleanup(func() { l.Close(); c.open.Wait() })
	return c
}

// lead says to which server connections lead.
func (c *cutter) lead(s *server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = strings.TrimPrefix(s.url, "http://")
}

// next says where the next connection is cut.
func (c *cutter) next(request, answer int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.request, c.answer = request, answer
}

// serve carries one request and one answer, or as much of them as it may.
func (c *cutter) serve(client net.Conn) exchange {
	defer client.Close()
	c.mu.Lock()
	request, answer, to := c.request, c.answer, c.to
	c.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return exchange{}
	}
	defer server.Close()
	answered := make(chan int)
	go func() {
		n := carry(client, server, answer)
		client.Close()
		answered <- n
	}()
	sent := carry(server, client, request)
	server.Close()
	return exchange{sent, <-answered}
}

// carry copies the first bytes, as many as limit says, and returns when one
// more has come, or none comes any more. So an answer that is cut was begun.
func carry(to io.Writer, from io.Reader, limit int) (n int) {
	for buf := make([]byte, 4096); n <= limit; {
		m, err := from.Read(buf)
		if _, bad := to.Write(buf[:min(m, limit-n)]); bad != nil || err != nil {
			return n + m
		}
		n += m
	}
	return n
}

// A retried is what a client knows of a token it asked for.
type retried struct {
	id, secret string // no secret if the answer with it was lost
	delivered  int    // requests that reached the server whole, and were answered
	last       exchange
}

// insist sends the same request until it has an answer. cut says where the
// connection of an attempt is cut.
func insist(t *testing.T, c *cutter, root, name, key string, cut func(attempt int) (request, answer int)) retried {
	t.Helper()
	delivered := 0
	for attempt := range 20 {
		request, answer := cut(attempt)
		c.next(request, answer)
		a, err := askOnce("http://"+c.Addr().String()+"/graphql", root, name, key)
		a.last = <-c.ends
		if a.last.request <= request && a.last.answer > 0 {
			delivered++
		}
		if a.delivered = delivered; err == nil {
			return a
		}
	}
	t.Fatalf("%s: no answer", name)
	return retried{}
}

// askOnce asks for a token. An answer that tells that it was made before is as
// good as one that makes it.
func askOnce(url, root, name, key string) (retried, error) {
	body, _ := json.Marshal(map[string]string{"query": fmt.Sprintf(`mutation { createSystemToken(input: {name: %q, permissions: [ReadHealthCheck]}) { token tokenMetadata { id } } }`, name)})
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return retried{}, err
	}
	req.Header.Set("Authorization", "Bearer "+root)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return retried{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return retried{}, err
	}
	var answer struct {
		Data struct {
			CreateSystemToken struct {
				Token         string
				TokenMetadata struct{ ID string }
			}
		}
		Errors []struct {
			Message    string
			Extensions struct{ Code, Reason, TokenID string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return retried{}, err
	}
	if len(answer.Errors) == 0 {
		made := answer.Data.CreateSystemToken
		return retried{id: made.TokenMetadata.ID, secret: made.Token}, nil
	}
	if e := answer.Errors[0]; e.Extensions.Code == "CONFLICT" && e.Extensions.Reason == "REPEATED" {
		return retried{id: e.Extensions.TokenID}, nil
	}
	return retried{}, fmt.Errorf("refused: %s", text)
}

// told counts the audit entries about a token: creations and repetitions.
func (a *api) told(t *testing.T, id string) (made, repeated int) {
	t.Helper()
	text, err := a.do(fmt.Sprintf(`{ auditEvents(tokenIdFilter: %q, limit: 1000) { results { actionName refused } } }`, id))
	if err != nil {
		t.Fatal(err)
	}
	total := strings.Count(text, `"createSystemToken"`)
	made = strings.Count(text, `"refused":null`)
	return made, total - made
}

// tokens counts all tokens.
func (a *api) tokens(t *testing.T) (n int) {
	t.Helper()
	text, err := a.do(`{ systemTokens(limit: 0) { totalResults } }`)
	if err == nil {
		_, err = fmt.Sscanf(text, `{"totalResults":%d}`, &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestARetriedCreateMakesOneToken drops connections at random bytes of request
// and answer, and now and then kills the server, while a client insists with
// one key for each token.
func TestARetriedCreateMakesOneToken(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	c := newCutter(t, s)
	length := insist(t, c, p.root, "cut-first", "key-first-1", uncut).last
	creates := rounds(200, 5000)
	inRequests, inAnswers, lost, repetitions := 0, 0, 0, 0
	for n := range creates {
		if n%50 == 49 {
			s.kill()
			s = p.start(t)
			c.lead(s)
		}
		cuts := 1 + rand.IntN(3)
		a := insist(t, c, p.root, fmt.Sprintf("cut-%05d", n), fmt.Sprintf("key-%07d", n), func(attempt int) (int, int) {
			at := rand.IntN(length.request + length.answer)
			switch {
			case attempt == cuts:
				return whole, whole
			case at < length.request:
				inRequests++
				return at, whole
			}
			inAnswers++
			return whole, at - length.request
		})
		made, repeated := p.api(s).told(t, a.id)
		if made != 1 || repeated != a.delivered-1 {
			t.Fatalf("create %d: %d requests reached the server; the audit log tells of %d creations and %d repetitions", n, a.delivered, made, repeated)
		}
		if a.secret != "" && !p.api(s).accepts(t, a.secret) {
			t.Fatalf("create %d: the string of the new token does not work", n)
		}
		if a.secret == "" {
			lost++
		}
		repetitions += repeated
	}
	if got := p.api(s).tokens(t); got != creates+1 {
		t.Errorf("there are %d tokens, want %d", got, creates+1)
	}
	t.Logf("%d creates, %d connections cut (%d in the %d bytes of a request, %d in the %d bytes of an answer): 1 token and 1 creation in the audit log for each, %d repetitions; %d strings were lost and told so",
		creates, inRequests+inAnswers, inRequests, length.request, inAnswers, length.answer, repetitions, lost)
}

func uncut(int) (int, int) { return whole, whole }

// TestWithoutAKeyARetriedCreateMakesTwo is the control.
func TestWithoutAKeyARetriedCreateMakesTwo(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	c := newCutter(t, s)
	for n := range 10 {
		insist(t, c, p.root, fmt.Sprintf("twice-%d", n), "", func(attempt int) (int, int) {
			if attempt == 0 {
				return whole, n * 20
			}
			return whole, whole
		})
	}
	if got := p.api(s).tokens(t); got != 20 {
		t.Errorf("there are %d tokens, want 20", got)
	}
}
