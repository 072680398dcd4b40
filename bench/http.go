//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"net/url"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

const authorizePath = "/api/v1/authorize?permission=ReadHealthCheck"

// verify is held against a handler that sends the same headers under the same
// time-outs, and against the ceiling: one that answers as little as can be.
func (b *bench) verify() error {
	asked := load.Get(b.server.url, authorizePath, b.large.ten)
	if err := b.imitate(asked); err != nil {
		return err
	}
	r, err := b.contest(16,
		sending("verify", b.server, asked),
		sending("a constant with the same headers", b.fair, load.Get(b.fair.url, authorizePath, b.large.ten)),
		sending("the constant handler", b.reference, load.Post(b.reference.url, "/constant", "", "{}")))
	if err != nil {
		return err
	}
	fair := b.pair("verify over HTTP, a filter of ten rules", r[0], r[1],
		"a handler that answers a constant, with the same time-outs and headers")
	b.pair("… held against the ceiling", r[0], r[2], "a handler that answers a hundred bytes, without time-outs")
	b.goals.AtLeast("`/api/v1/authorize`, ten rules", fair, 0.9, "of the fair reference")
	return nil
}

// imitate has the fair reference send the headers that r is answered with.
func (b *bench) imitate(r load.Request) error {
	headers, _, err := r.Once()
	if err != nil {
		return err
	}
	return b.fair.ask(new(bool), "headers", url.Values(headers).Encode())
}

const oneToken = `query($id: String!) { token(tokenId: $id) { id name expireAt createdAt } }`

func (b *bench) one() error {
	asked := func(url, path, token, id string) load.Request {
		return load.Query(url, path, token, oneToken, map[string]any{"id": id})
	}
	r, err := b.contest(16,
		sending("one token", b.server, asked(b.server.url, "/graphql", b.large.root, b.large.id(5))),
		sending("one token of bare gqlgen", b.reference, asked(b.reference.url, "/cached", "", b.bare.id(5))))
	if err != nil {
		return err
	}
	ratio := b.pair("GraphQL, one token, authenticated", r[0], r[1], "bare gqlgen with its cache, no authentication")
	b.goals.AtLeast("GraphQL, one token, authenticated", ratio, 1.1, "of bare gqlgen with its cache, without authentication")
	return nil
}

// fifty is the request for a page of fifty tokens.
func fifty(url, path, token, arguments string) load.Request {
	return load.Query(url, path, token, fmt.Sprintf(
		`{ systemTokens(%s, limit: 50) { totalResults results { id name expireAt permissions createdAt } } }`, arguments), nil)
}

func skip(n int) string { return fmt.Sprintf("skip: %d", n) }

func (b *bench) page() error {
	deep := b.tokens * 7 / 10
	cursor, err := cursorAt(b.server.url, b.large.root, "sortBy: Name", deep-50)
	if err != nil {
		return err
	}
	r, err := b.contest(16,
		sending("a deep page", b.server, fifty(b.server.url, "/graphql", b.large.root, skip(deep))),
		sending("a page of bare gqlgen", b.reference, fifty(b.reference.url, "/default", "", skip(700))),
		sending("the first page", b.server, fifty(b.server.url, "/graphql", b.large.root, skip(0))),
		sending("a page of a thousand", b.few, fifty(b.few.url, "/graphql", b.small.root, skip(700))),
		sending("the deep page by its cursor", b.server, fifty(b.server.url, "/graphql", b.large.root, fmt.Sprintf("after: %q", cursor))))
	if err != nil {
		return err
	}
	bare := b.pair("page of 50, "+figures.Number(float64(deep))+" in", r[0], r[1], "bare gqlgen with its defaults")
	few := b.pair("… held against few tokens", r[0], r[3], "the same page from 1,000 tokens")
	few = min(few, b.pair("… the first page", r[2], r[3], "the same"))
	few = min(few, b.pair("… the deep page by its cursor", r[4], r[3], "the same"))
	b.goals.AtLeast("page of 50", bare, 4, "of bare gqlgen with its defaults")
	b.goals.AtLeast("page of 50, anywhere, by `skip` or cursor", few, 1/1.2, "of the page from 1,000 tokens")
	return nil
}

// cursorAt returns the cursor of the page of fifty that begins at n.
func cursorAt(url, token, order string, n int) (string, error) {
	text := fmt.Sprintf(`{ systemTokens(%s, skip: %d, limit: 50) { endCursor } }`, order, n)
	_, body, err := load.Query(url, "/graphql", token, text, nil).Once()
	if err != nil {
		return "", err
	}
	var answer struct {
		Data struct{ SystemTokens struct{ EndCursor string } }
	}
	err = json.Unmarshal(body, &answer)
	return answer.Data.SystemTokens.EndCursor, err
}

const createToken = `mutation { createSystemToken(input: {name: "bench", permissions: [ReadHealthCheck]}) { token } }`

// create is held against rows written into a copy of the same file, one row
// for each caller at a random key, and nothing above the store.
func (b *bench) create() error {
	for _, n := range []int{16, 64} {
		r, err := b.contest(n,
			sending("create", b.server, load.Query(b.server.url, "/graphql", b.large.root, createToken, nil)),
			committing("the raw commits", b.commits))
		if err != nil {
			return err
		}
		name := fmt.Sprintf("create, durable and audited, %d callers", n)
		ratio := b.pair(name, r[0], r[1], "raw group commit of one row a caller into a copy of the file")
		b.goals.AtLeast(name, ratio, 0.7, "of raw group commit")
	}
	return nil
}
