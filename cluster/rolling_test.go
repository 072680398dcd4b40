package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A user creates tokens, looks whether nodes accept them, and deletes every second one. What a node
// does not answer it asks another node once more, as often as it retries.
type user struct {
	name    string
	root    string
	nodes   []string // their addresses
	node    int      // the one it asks next
	client  *http.Client
	retries int

	made    int
	kept    map[string]bool // the tokens that it was told of; false once they were deleted
	noticed []string
}

func (u *user) work(ctx context.Context) {
	defer u.client.CloseIdleConnections()
	for ctx.Err() == nil {
		u.made++
		secret := u.create(u.made)
		if secret == "" {
			continue
		}
		u.kept[secret] = true
		u.node++ // whoever has the answer of one node may ask the next
		u.expects(secret, true)
		if u.made%2 == 0 {
			u.delete(secret)
		}
	}
}

// create makes a token, at most once however often it asks, and returns its string, or nothing if
// it was refused.
func (u *user) create(n int) string {
	data := u.change(fmt.Sprintf("%s-%d", u.name, n), fmt.Sprintf(
		`mutation { createSystemToken(input: {name: "%s-%d", permissions: [ListSubdomains]}) { token } }`, u.name, n))
	return between(data, `"token":"`, `"`)
}

func (u *user) delete(secret string) {
	id, _, _ := strings.Cut(secret, "~")
	if u.change("", fmt.Sprintf(`mutation { deleteToken(input: {id: %q}) }`, id)) == "" {
		delete(u.kept, secret) // nobody knows
		return
	}
	u.kept[secret] = false
	u.node++
	u.expects(secret, false)
}

// change sends a mutation and returns its data, or nothing if no node took it.
func (u *user) change(key, query string) (data string) {
	body, _ := json.Marshal(map[string]string{"query": query})
	u.insist("a change", func() error {
		status, text, err := u.send("POST", "/graphql", u.root, key, string(body))
		switch {
		case err != nil:
			return err
		case status != http.StatusOK || strings.Contains(text, `"errors"`):
			return fmt.Errorf("%d %s", status, text)
		}
		data = text
		return nil
	})
	return data
}

// expects notices if a node does not say of a token what was answered before. Who is refused often
// is told to slow down instead.
func (u *user) expects(secret string, accepted bool) {
	want := []int{http.StatusUnauthorized, http.StatusTooManyRequests}
	if accepted {
		want = []int{http.StatusOK}
	}
	u.insist("a token", func() error {
		status, text, err := u.send("GET", "/api/v1/authorize", secret, "", "")
		if err == nil && !slices.Contains(want, status) {
			err = fmt.Errorf("want %d, got %d %s", want[0], status, text)
		}
		return err
	})
}

// insist asks another node if one does not answer, and notices if that one does not either.
func (u *user) insist(what string, ask func() error) {
	var all error
	for range u.retries + 1 {
		err := ask()
		if err == nil {
			return
		}
		all = errors.Join(all, fmt.Errorf("node-%d: %w", 1+u.node%len(u.nodes), err))
		u.node++
	}
	u.noticed = append(u.noticed, fmt.Sprintf("%s: %v", what, all))
}

func (u *user) send(method, path, token, key, body string) (status int, text string, err error) {
	req, err := http.NewRequest(method, "http://"+u.nodes[u.node%len(u.nodes)]+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := u.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, string(answer), err
}

// users work until the function that is returned is called, which returns what they noticed, and
// the tokens that they were told of.
func (c *cluster) users(t *testing.T, name string, retries int) (stop func() (noticed []string, kept map[string]bool)) {
	ctx, cancel := context.WithCancel(t.Context())
	var nodes []string
	for _, n := range c.nodes {
		nodes = append(nodes, n.address)
	}
	all := make([]*user, 6)
	var work sync.WaitGroup
	for i := range all {
		all[i] = &user{
			name: fmt.Sprint(name, "-", i), root: c.root, nodes: nodes, node: i, retries: retries,
			client: &http.Client{Transport: &http.Transport{}}, kept: map[string]bool{},
		}
		work.Go(func() { all[i].work(ctx) })
	}
	return func() (noticed []string, kept map[string]bool) {
		cancel()
		work.Wait()
		kept = map[string]bool{}
		for _, u := range all {
			noticed = append(noticed, u.noticed...)
			for secret, there := range u.kept {
				kept[secret] = there
			}
		}
		return noticed, kept
	}
}

// replace stops a node and starts it again, as an upgrade does, and returns when it is ready.
func (c *cluster) replace(t *testing.T, i int) {
	t.Helper()
	halt(t, c.nodes[i].process)
	c.revive(t, i)
}

func (c *cluster) revive(t *testing.T, i int) {
	t.Helper()
	if err := c.startNode(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	until(t, "a node that was started again is ready", func() bool {
		status, _ := c.send(t, i, "GET", "/readyz", "", nil)
		return status == http.StatusOK
	})
}

// holds fails unless every node accepts all tokens that were kept, and no node one that was
// deleted.
func (c *cluster) holds(t *testing.T, kept map[string]bool) {
	t.Helper()
	for i, n := range c.nodes {
		for secret, there := range kept {
			if there && !c.authorized(t, i, secret) {
				t.Errorf("%s has lost a token whose string was answered", n.name)
			}
			id, _, _ := strings.Cut(secret, "~")
			if _, refused := c.ask(t, i, fmt.Sprintf(`{ token(tokenId: %q) { id } }`, id)); (refused == "") != there {
				t.Errorf("%s: a token is listed: %v, and it was answered as there: %v", n.name, refused == "", there)
			}
		}
	}
}

// An administrator upgrades one node after the other, and clients that ask another node once
// notice nothing. The control is in the test: clients that do not retry notice two nodes that are
// killed at once; but nothing that was answered is lost by that either.
func TestARollingRestart_IsNoticedByNoClientThatRetriesOnce(t *testing.T) {
	c := running(t, 3, 3)
	stop := c.users(t, "rolling", 1)
	for i := range c.nodes {
		c.replace(t, i)
	}
	noticed, kept := stop()
	for _, n := range noticed {
		t.Error(n)
	}
	if len(kept) == 0 {
		t.Error("no tokens were made meanwhile")
	}
	c.holds(t, kept)
	t.Logf("%d tokens were made while all nodes were replaced", len(kept))

	stop = c.users(t, "killed", 0)
	c.nodes[0].kill()
	c.nodes[1].kill()
	c.revive(t, 0)
	c.revive(t, 1)
	noticed, killed := stop()
	if len(noticed) == 0 {
		t.Error("nobody noticed that two nodes were killed, so these clients would notice nothing")
	}
	c.holds(t, killed)
	t.Logf("%d tokens were made while two nodes were dead, which was noticed %d times", len(killed), len(noticed))
}
