//go:build bench

package faulttest

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/permission"
	"tokenscale/token"
)

// TestPagesOfAMillionTokens asks for pages everywhere in a million tokens, and
// for what a search finds. It is built with the tag bench, which fills a store
// fast, and shows its figures; what it holds is that no page makes the server
// larger than it was.
func TestPagesOfAMillionTokens(t *testing.T) {
	n := rounds(100_000, 1_000_000)
	p := seeded(t, n)
	if soak() { // else garbage grows to four times what is kept before it is collected
		p.flags = []string{"--memory-limit", "400MiB"}
	}
	s := p.start(t)
	c := caller{addr: address(s)}
	defer c.hangUp()
	ask := func(search, sortBy, orderBy string, skip, limit int) time.Duration {
		body, err := json.Marshal(map[string]any{
			"query":     `query($s: String, $by: Tokens__SortBy, $order: OrderBy, $skip: Int, $limit: Int) { systemTokens(searchFilter: $s, sortBy: $by, orderBy: $order, skip: $skip, limit: $limit) { totalResults results { id name permissions expireAt createdAt createdBy lastUsedAt } } }`,
			"variables": map[string]any{"s": search, "by": sortBy, "order": orderBy, "skip": skip, "limit": limit},
		})
		must(t, err)
		began := time.Now()
		status, answer, err := c.do(wire("POST", "/graphql", p.root, string(body)))
		took := time.Since(began)
		if err != nil || status != http.StatusOK || bytes.Contains(answer, []byte(`"errors"`)) {
			t.Fatalf("got %d %.300s, %v", status, answer, err)
		}
		return took
	}
	const pages = 500
	kinds := []struct {
		name, search string
		limit        int
	}{{"pages of 50", "", 50}, {"pages of 1000", "", 1000}, {"a search for a part of a name, 50 of it", "77", 50}}
	began := collections(t, p, s)
	// The memory grows as far as the collector lets it.
	for n := 0; collections(t, p, s) < began+3 && n < 50; n++ {
		for range 100 {
			ask("", "Name", "ASC", rand.IntN(1000), 1000)
		}
	}
	before := resident(t, s)
	for _, kind := range kinds {
		var waited times
		spent := processor(t, s)
		for i := range pages {
			waited = append(waited, ask(kind.search, []string{"Name", "ExpirationDate"}[i%2], []string{"ASC", "DESC"}[i/2%2], rand.IntN(n), kind.limit))
		}
		slices.Sort(waited)
		spent = processor(t, s) - spent
		t.Logf("%d tokens, %s: %v, the longest %v; %v of processor time each; memory %.1f to %.1f MiB", n, kind.name, waited, waited[len(waited)-1], spent/pages, mib(before), mib(resident(t, s)))
	}
	if grown := resident(t, s) - before; grown > 20<<20 {
		t.Errorf("the server became %.1f MiB larger, want at most 20 MiB", mib(grown))
	}
}

// collections returns how often the collector of a server has run.
func collections(t *testing.T, p *place, s *server) int {
	t.Helper()
	return metric(t, p.api(s), p.root, "go_gc_duration_seconds_count", "nothing")
}

// processor returns how long a process has run on all cores.
func processor(t *testing.T, s *server) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	must(t, err)
	system, err := strconv.Atoi(fields[12])
	must(t, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// seeded makes a store of n tokens that nobody knows the strings of.
func seeded(t *testing.T, n int) *place {
	t.Helper()
	p := newPlace(t, filepath.Join(memory(t), "data"))
	keys, err := keyring.Create(p.keys, crand.Reader)
	must(t, err)
	a, db, err := (&sample{keys: keys}).openAt(p.data, p.keys+".state")
	must(t, err)
	must(t, a.Close(context.Background()))
	now := time.Now().UnixMilli()
	tokens := make([]token.Token, n)
	for i := range tokens {
		tokens[i] = token.Token{
			ID: token.ID(fmt.Sprintf("%032x", i)), Name: fmt.Sprintf("token-%07d", rand.IntN(n)), CreatedBy: token.Root,
			Permissions: permission.Of(permission.ReadHealthCheck),
		}
		tokens[i].CreatedAt = tokens[i].CreatedAt.Add(time.Duration(now) * time.Millisecond)
		if i%3 > 0 {
			tokens[i].ExpireAt = tokens[i].CreatedAt.Add(time.Duration(1+rand.IntN(300)) * 24 * time.Hour)
		}
	}
	must(t, errors.Join(rows.Seed(context.Background(), db, keys, nil, slices.Values([][]token.Token{tokens}), false), db.Close()))
	return p
}
