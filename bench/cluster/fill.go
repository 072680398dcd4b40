//go:build bench

package main

import (
	"crypto/rand"
	"errors"
	"iter"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"time"

	"tokenscale/app"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/bench/figures"
	"tokenscale/bench/fleet"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// fill has a node begin the store, and writes the tokens into it as a node would, as rows and
// without audit entries.
func (b *bench) fill() (err error) {
	if err := b.startNodes(1); err != nil {
		return err
	}
	b.stopNodes()
	if b.size, err = b.bytes(); err != nil {
		return err
	}
	if err := b.load(); err != nil {
		return err
	}
	size, err := b.bytes()
	if err != nil {
		return err
	}
	b.row(row{name: "in each member, after compaction and defragmentation: a token, without audit entries", figure: perOne(size-b.size, b.tokens)})
	return nil
}

// load writes the tokens.
func (b *bench) load() (err error) {
	const loader = "loader"
	if err := b.giveKeys(loader); err != nil {
		return err
	}
	db, keys, err := app.OpenStore(b.ctx, b.storeOptions(loader), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), os.RemoveAll(b.in(loader))) }()
	db.SumBy(keys)
	each, _ := db.Limits()
	var failed error
	// A token has two rows.
	err = rows.Seed(b.ctx, db, keys, []ipfilter.Filter{{ID: fleet.FilterID, Name: "ten", Text: fleet.TenRules}}, b.batches(keys, each/2, &failed), false)
	return errors.Join(err, failed)
}

func (b *bench) storeOptions(name string) app.Options {
	o := app.Options{LogLevel: slog.LevelError, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now, Random: rand.Reader}
	o.Data, o.KeyFile, o.Store = b.in(name), b.in(name, "keys"), "etcd"
	o.Etcd = app.EtcdOptions{
		Endpoints: b.members.endpoints, NodeName: name, CA: b.in("ca.pem"), Cert: b.in("client.pem"), Key: b.in("client.key"),
	}
	return o
}

// batches makes the tokens, so many at a time.
func (b *bench) batches(keys *keyring.Keys, each int, failed *error) iter.Seq[[]token.Token] {
	return func(yield func([]token.Token) bool) {
		r := mathrand.New(mathrand.NewPCG(1, 2))
		for from := 0; from < b.tokens; from += each {
			var batch []token.Token
			for i := from; i < min(from+each, b.tokens); i++ {
				made, secret, err := fleet.Token(keys, r, i, false)
				if *failed = err; err != nil {
					return
				}
				if i == 0 {
					b.ten = secret
				}
				batch = append(batch, made)
			}
			if !yield(batch) {
				return
			}
		}
	}
}

// starts measures how long a node takes from its start to being ready, with its mirror and without,
// while the others go on.
func (b *bench) starts() error {
	if err := b.startNodes(3); err != nil {
		return err
	}
	warm, err := b.restarts(func() error { return nil })
	if err != nil {
		return err
	}
	held := resident(b.nodes[2].pid())
	b.row(row{name: "start to ready, its mirror kept", figure: figures.Seconds(warm)})
	b.row(row{name: "… resident memory of its own after it", figure: figures.MiB(held)})
	cold, err := b.restarts(func() error { return os.RemoveAll(b.in(nodeName(2), "mirror")) })
	if err != nil {
		return err
	}
	b.row(row{name: "start to ready, its mirror lost", figure: figures.Seconds(cold)})
	if b.tokens >= million {
		b.goals.Want("start of a node whose mirror is lost, a million tokens", "≤ 8 s", figures.Seconds(cold), cold <= 8*time.Second)
	}
	return nil
}

// restarts stops the last node, does something, and starts it again, some times. It returns how
// long a start took, in the middle.
func (b *bench) restarts(between func() error) (time.Duration, error) {
	var took []time.Duration
	for range b.rounds {
		if err := b.startNodes(2); err != nil {
			return 0, err
		}
		if err := between(); err != nil {
			return 0, err
		}
		if err := b.startNodes(3); err != nil {
			return 0, err
		}
		took = append(took, b.nodes[2].ready)
	}
	return figures.Median(took, figures.Same), nil
}
