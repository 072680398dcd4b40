//go:build bench

package main

import (
	"bytes"
	"fmt"
	"time"
)

const authorizePath = "/api/v1/authorize?permission=ReadHealthCheck"

func (b *bench) verify() ([]row, error) {
	r, err := b.contest(16,
		sending("verify", b.server, get(b.server.url, authorizePath, b.large.secrets[0])),
		sending("the constant handler", b.reference, post(b.reference.url, "/constant", "", "{}")))
	if err != nil {
		return nil, err
	}
	cpu := row{name: "verify over HTTP, CPU for each", ours: micros(r[0].cpu), reference: micros(r[1].cpu) + " (the same)", goal: "≤ 16 µs", met: r[0].cpu <= 16*time.Microsecond}
	return []row{r[0].row("verify over HTTP, a filter of ten rules", r[1], "a handler that answers a constant", 0.75), cpu}, nil
}

const oneToken = `query($id: String!) { token(tokenId: $id) { id name expireAt createdAt } }`

func (b *bench) one() ([]row, error) {
	r, err := b.contest(16,
		sending("one token", b.server, query(b.server.url, "/graphql", b.large.root, oneToken, map[string]any{"id": b.large.id(5)})),
		sending("one token of bare gqlgen", b.reference, query(b.reference.url, "/cached", "", oneToken, map[string]any{"id": b.bare.id(5)})))
	if err != nil {
		return nil, err
	}
	return []row{r[0].row("GraphQL, one token, authenticated", r[1], "bare gqlgen with its cache, no authentication", 1)}, nil
}

// fifty is the request for a page of fifty tokens.
func fifty(url, path, token string, skip int) request {
	return query(url, path, token, fmt.Sprintf(`{ systemTokens(skip: %d, limit: 50) { totalResults results { id name expireAt permissions createdAt } } }`, skip), nil)
}

func (b *bench) page() ([]row, error) {
	far := sending("a far page", b.server, fifty(b.server.url, "/graphql", b.large.root, b.tokens*7/10))
	first := sending("the first page", b.server, fifty(b.server.url, "/graphql", b.large.root, 0))
	few := sending("a page of a thousand", b.few, fifty(b.few.url, "/graphql", b.small.root, 700))
	bare := sending("a page of bare gqlgen", b.reference, fifty(b.reference.url, "/default", "", 700))
	r, err := b.contest(16, far, bare, first, few)
	if err != nil {
		return nil, err
	}
	rows := []row{
		r[0].row("page of 50, "+number(float64(b.tokens*7/10))+" in", r[1], "bare gqlgen with its defaults", 3),
		r[0].row("… held against few tokens", r[3], "the same page from 1,000 tokens", 1/1.2),
		r[2].row("… the first page", r[3], "the same", 1/1.2),
	}
	return rows, nil
}

// part is what is looked for: about ten names in a million have it.
const part = "nurse-12345"

func (b *bench) search() ([]row, error) {
	text := fmt.Sprintf(`{ systemTokens(searchFilter: %q, limit: 50) { totalResults results { id name } } }`, part)
	r, err := b.contest(2, sending("search", b.server, query(b.server.url, "/graphql", b.large.root, text, nil)))
	if err != nil {
		return nil, err
	}
	out := r[0].alone("search for a part of a name, first page and total, 2 callers")
	out.reference = millis(b.rawScan()) + " (a scan of all names in one piece)"
	out.goal, out.met = "p50 ≤ 12 ms", r[0].p50 <= 12*time.Millisecond
	return []row{out}, nil
}

// rawScan returns how long it takes to look through all names.
func (b *bench) rawScan() time.Duration {
	var took []time.Duration
	for range 20 {
		began := time.Now()
		bytes.Count(b.large.names, []byte(part))
		took = append(took, time.Since(began))
	}
	return median(took, same)
}

const createToken = `mutation { createSystemToken(input: {name: "bench", permissions: [ReadHealthCheck]}) { token } }`

// create is held against rows written into a copy of the same file, one row
// for each caller at a random key, and nothing above the store.
func (b *bench) create() ([]row, error) {
	var rows []row
	for _, n := range []int{16, 64} {
		r, err := b.contest(n,
			sending("create", b.server, query(b.server.url, "/graphql", b.large.root, createToken, nil)),
			committing("the raw commits", b.blank))
		if err != nil {
			return nil, err
		}
		rows = append(rows, r[0].row(fmt.Sprintf("create, durable and audited, %d callers", n), r[1], "raw group commit of one row a caller into a copy of the file", 0.6))
	}
	return rows, nil
}
