//go:build bench

package main

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tokenscale/bench/figures"
)

// many is how many tokens one request deletes at most.
const many = 1000

const deleteTokens = `mutation($ids: [String!]!) { deleteSystemTokens(input: {ids: $ids}) { deleted } }`

// deletions makes so many tokens and deletes them with one request, some times, each time at the
// next node. It tells how long the answer took, and then a change at another node, which waits
// until all rows stand where they belong.
func (b *bench) deletions() error {
	var answered, next []time.Duration
	for i := range b.rounds {
		secrets, err := b.leavers()
		if err != nil {
			return err
		}
		ids := make([]string, many)
		for i, secret := range secrets {
			ids[i] = secret[:strings.IndexByte(secret, '~')]
		}
		began := time.Now()
		if err := b.askWith(b.nodes[i%3], deleteTokens, map[string]any{"ids": ids}, new(any)); err != nil {
			return err
		}
		answered = append(answered, time.Since(began))
		if err := b.ask(b.nodes[(i+1)%3], createToken, new(any)); err != nil {
			return err
		}
		next = append(next, time.Since(began)-answered[i])
		if err := b.refuses(i, secrets); err != nil {
			return err
		}
	}
	b.row(row{name: "deleting 1,000 tokens with one request, to its answer", figure: figures.Seconds(figures.Median(answered, figures.Same))})
	b.row(row{name: "… a change at another node right after it", figure: figures.Seconds(figures.Median(next, figures.Same))})
	return nil
}

// leavers makes the tokens, by some callers at all nodes.
func (b *bench) leavers() (secrets []string, err error) {
	secrets = make([]string, many)
	var work errgroup.Group
	for from := range 16 {
		work.Go(func() error {
			for i := from; i < many; i += 16 {
				var made struct{ CreateSystemToken struct{ Token string } }
				if err := b.ask(b.nodes[from%3], createToken, &made); err != nil {
					return err
				}
				secrets[i] = made.CreateSystemToken.Token
			}
			return nil
		})
	}
	return secrets, work.Wait()
}

// refuses returns an error if a node accepts one of some tokens.
func (b *bench) refuses(round int, secrets []string) error {
	for i, n := range b.nodes {
		client := clientFrom(100_000 + round*len(b.nodes) + i)
		for _, secret := range secrets[:10] {
			if ok, err := authorized(b.ctx, client, n, secret); ok || err != nil {
				return fmt.Errorf("a token that was deleted is accepted: %v, %w", ok, err)
			}
		}
		client.CloseIdleConnections()
	}
	return nil
}
