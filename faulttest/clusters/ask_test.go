package clusters

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

func (c *cluster) send(node, method, path, token, body string) (status int, answer []byte, err error) {
	req, err := http.NewRequest(method, "http://"+c.Hosts[node].V4+":8080"+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.asker.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// authorize returns what a node says of a token: 200, 401, 503, or 0 if it says nothing.
func (c *cluster) authorize(node, token string) int {
	status, _, err := c.send(node, "GET", "/api/v1/authorize", token, "")
	if err != nil {
		return 0
	}
	return status
}

// change has a node carry out a mutation, when it may answer and etcd takes it. It fails if that is
// refused, or in doubt.
func (c *cluster) change(node, mutation string) (data string, err error) {
	body, err := json.Marshal(map[string]string{"query": "mutation { " + mutation + " }"})
	if err != nil {
		return "", err
	}
	status, text, err := c.send(node, "POST", "/graphql", c.root, string(body))
	for tries := 0; tries < 50 && err == nil && nothingWasChanged(status, text); tries++ {
		time.Sleep(100 * time.Millisecond) // as it was asked to
		status, text, err = c.send(node, "POST", "/graphql", c.root, string(body))
	}
	if err == nil && (status != http.StatusOK || strings.Contains(string(text), `"errors"`)) {
		err = fmt.Errorf("%s answers %d %s", node, status, text)
	}
	return string(text), err
}

// nothingWasChanged reports whether an answer says that it is worth another try. On a machine that
// is busy with other tests it happens that members elect a leader for longer than a node waits.
func nothingWasChanged(status int, text []byte) bool {
	return status == http.StatusServiceUnavailable ||
		strings.Contains(string(text), `"UNAVAILABLE"`) && !strings.Contains(string(text), "in doubt")
}

// create makes a token at a node.
func (c *cluster) create(node, name string) (id, secret string, err error) {
	data, err := c.change(node, fmt.Sprintf(`createSystemToken(input: {name: %q, permissions: []}) { token }`, name))
	if err != nil {
		return "", "", err
	}
	_, secret, _ = strings.Cut(data, `"token":"`)
	secret, _, _ = strings.Cut(secret, `"`)
	id, _, _ = strings.Cut(secret, "~")
	return id, secret, nil
}

// An answer is what a node said of a token, and when it was asked and heard.
type answer struct {
	node        string
	asked, said time.Time
	status      int
}

// A poll asks all nodes about a token, again and again.
type poll struct {
	mu      sync.Mutex
	answers []answer
	over    chan struct{}
	work    sync.WaitGroup
}

func (c *cluster) poll(token string) *poll {
	p := &poll{over: make(chan struct{})}
	for _, node := range nodeNames {
		for range 2 {
			p.work.Go(func() {
				for {
					select {
					case <-p.over:
						return
					default:
					}
					a := answer{node: node, asked: time.Now()}
					a.status = c.authorize(node, token)
					a.said = time.Now()
					p.mu.Lock()
					p.answers = append(p.answers, a)
					p.mu.Unlock()
					time.Sleep(time.Millisecond)
				}
			})
		}
	}
	return p
}

// end ends the poll, and returns all answers.
func (p *poll) end() []answer {
	close(p.over)
	p.work.Wait()
	return p.answers
}

// accepts returns how often each node has accepted the token so far.
func (p *poll) accepts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, a := range p.answers {
		if a.status == http.StatusOK {
			n[a.node]++
		}
	}
	return n
}
