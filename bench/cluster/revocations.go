//go:build bench

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

// A revocation is how long it took until it was answered, and until the last of the other nodes
// refused the token; and whether one accepted it that was asked after the answer.
type revocation struct {
	answered, refused time.Duration
	late              bool
}

func (b *bench) revokeIdle() error {
	all, err := b.revocations()
	if err != nil {
		return err
	}
	answered := b.revoked("idle", all)
	b.goals.Want("a revocation is answered, which holds on every node, idle", "p99 ≤ 60 ms", figures.Millis(answered.P99), answered.P99 <= 60*time.Millisecond)
	return nil
}

// revokeBusy is revokeIdle while 16 others create at all nodes.
func (b *bench) revokeBusy() error {
	if err := b.startNodes(3); err != nil {
		return err
	}
	done, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		// So high a rate is that of callers who wait for nothing but their answers.
		_, err := load.Sampled(1_000_000, 16, 0, done, b.toNodes(nil))
		failed <- err
	}()
	all, err := b.revocations()
	close(done)
	if err := errors.Join(err, <-failed); err != nil {
		return err
	}
	b.revoked("16 writers", all)
	return nil
}

// revoked adds the rows of revocations.
func (b *bench) revoked(how string, all []revocation) (answered load.Result) {
	var late int
	times := func(of func(revocation) time.Duration) load.Result {
		samples := make([]load.Sample, len(all))
		for i, r := range all {
			samples[i].Took = of(r)
		}
		return load.Summary(samples, time.Second)
	}
	for _, r := range all {
		if r.late {
			late++
		}
	}
	answered = times(func(r revocation) time.Duration { return r.answered })
	refused := times(func(r revocation) time.Duration { return r.refused })
	b.row(row{name: "revocation, answered, " + how, figure: fmt.Sprintf("%d of them", len(all)), p50: figures.Millis(answered.P50), p99: figures.Millis(answered.P99)})
	b.row(row{name: "… refused by the last other node", p50: figures.Millis(refused.P50), p99: figures.Millis(refused.P99)})
	b.row(row{name: "… accepted by a node that was asked after the answer", figure: fmt.Sprintf("%d of %d", late, len(all))})
	b.goals.Want("a revoked token is accepted after the answer, "+how, "never", fmt.Sprintf("%d times", late), late == 0)
	return answered
}

// revocations makes tokens and deletes them, one after the other, each at the next node.
func (b *bench) revocations() ([]revocation, error) {
	var all []revocation
	for i := range b.settings.revocations {
		var made struct{ CreateSystemToken struct{ Token string } }
		if err := b.ask(b.nodes[i%3], createToken, &made); err != nil {
			return nil, err
		}
		r, err := b.revoke(i, made.CreateSystemToken.Token)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// revoke deletes a token at one node while the others are asked about it again and again.
func (b *bench) revoke(i int, secret string) (r revocation, err error) {
	author := b.nodes[i%3]
	others := slices.DeleteFunc(slices.Clone(b.nodes), func(n *node) bool { return n == author })
	watches := make([]watch, len(others))
	var all sync.WaitGroup
	for k, n := range others {
		if watches[k].client, err = b.knows(i, n, secret); err != nil {
			return r, err
		}
	}
	began := time.Now()
	for k, n := range others {
		all.Go(func() { watches[k].until(b.ctx, n, secret) })
	}
	err = b.ask(author, fmt.Sprintf(`mutation { deleteToken(input: {id: %q}) }`, secret[:strings.IndexByte(secret, '~')]), new(any))
	answered := time.Now()
	all.Wait()
	r.answered = answered.Sub(began)
	for _, w := range watches {
		err = errors.Join(err, w.err)
		r.refused = max(r.refused, w.refused.Sub(began))
		r.late = r.late || w.accepted.After(answered)
		w.client.CloseIdleConnections()
	}
	return r, err
}

// A watch is what became of asking one node about a token.
type watch struct {
	client   *http.Client
	accepted time.Time // when it was asked the last time that it accepted the token
	refused  time.Time // when its first refusal came
	err      error
}

// until asks once a millisecond until the node refuses.
func (w *watch) until(ctx context.Context, n *node, secret string) {
	for w.err == nil && w.refused.IsZero() {
		asked := time.Now()
		var ok bool
		if ok, w.err = authorized(ctx, w.client, n, secret); ok {
			w.accepted = asked
			time.Sleep(time.Millisecond)
		} else {
			w.refused = time.Now()
		}
	}
}

// clientFrom returns the client with a number. Each has an address of its own: who is refused again
// and again from one address is answered late.
func clientFrom(i int) *http.Client {
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(1+i/62_500), byte(i/250), byte(1+i%250))}}
	return &http.Client{Transport: &http.Transport{DialContext: from.DialContext}}
}

// knows returns a client of a node that has accepted the token.
func (b *bench) knows(i int, n *node, secret string) (*http.Client, error) {
	client := clientFrom(i)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if ok, err := authorized(b.ctx, client, n, secret); ok || err != nil {
			return client, err
		}
	}
	return nil, errors.New("a node does not hear of a token")
}

// authorized reports whether a node accepts a token.
func authorized(ctx context.Context, client *http.Client, n *node, secret string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/api/v1/authorize", nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	res, err := client.Do(req)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK, err
}

// ask sends a request of GraphQL and reads its answer.
func (b *bench) ask(n *node, query string, answer any) error {
	return b.askWith(n, query, nil, answer)
}

// askWith is ask with variables.
func (b *bench) askWith(n *node, query string, variables map[string]any, answer any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(b.ctx, http.MethodPost, n.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+b.root)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var got struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(text, &got); err != nil || len(got.Errors) > 0 {
		return fmt.Errorf("refused: %.300s", text)
	}
	return json.Unmarshal(got.Data, answer)
}
