//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"tokenscale/authority"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// A house is a data folder with tokens in it.
type house struct {
	folder  string
	tokens  []token.Token
	secrets []string // of the first ten thousand tokens
	root    string
}

// tenRules is the filter that verification is measured with.
const tenRules = "deny 10.0.0.1\ndeny 10.0.0.2\ndeny 192.0.2.0/24\nallow 10.0.0.0/8\nallow 172.16.0.0/12\nallow 192.168.0.0/16\ndeny fe80::/10\nallow 2001:db8::/32\nallow ::1\nallow 127.0.0.0/8\n"

const kept = 10_000 // tokens whose strings are remembered

// build makes a data folder with n tokens as machines make them: long
// beginnings in common, most with an expiry, half with a filter.
func build(folder string, n int) (*house, error) {
	h := &house{folder: folder, tokens: make([]token.Token, n), secrets: make([]string, min(n, kept))}
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: authority.Tables(), Now: time.Now, BatchBytes: 16 << 20})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	keys, err := authority.CreateKeys(filepath.Join(folder, "keys"), rand.Reader)
	if err != nil {
		return nil, err
	}
	filter := ipfilter.Filter{ID: "benchfilter", Name: "bench", Text: tenRules}
	if err := h.mint(keys, filter.ID); err != nil {
		return nil, err
	}
	a, err := authority.Open(context.Background(), authority.Options{DB: db, Keys: keys, Now: time.Now, Random: rand.Reader, Log: silent()})
	if err != nil {
		return nil, err
	}
	root, _, err := a.FirstRoot(context.Background())
	if err != nil {
		return nil, err
	}
	h.root = root.Reveal()
	if err := a.Close(context.Background()); err != nil {
		return nil, err
	}
	return h, authority.Seed(context.Background(), db, keys, []ipfilter.Filter{filter}, h.tokens)
}

var words = []string{"ingest", "backup", "Nurse", "deploy", "prod", "staging", "health", "Operator", "cluster", "billing"}

func (h *house) mint(keys *authority.Keys, filter ipfilter.ID) error {
	now := epoch.Of(time.Now())
	var work sync.WaitGroup
	errs := make(chan error, runtime.GOMAXPROCS(0))
	size := len(h.tokens)/cap(errs) + 1
	for from := 0; from < len(h.tokens); from += size {
		work.Go(func() {
			r := mathrand.New(mathrand.NewPCG(1, uint64(from)))
			for i := from; i < min(from+size, len(h.tokens)); i++ {
				id, secret, err := token.Mint(rand.Reader)
				if err != nil {
					errs <- err
					return
				}
				t := token.Token{
					ID: id, Name: fmt.Sprintf("%s-%s-%07d", words[r.IntN(10)], words[r.IntN(10)], r.IntN(10_000_000)),
					Permissions: permission.Of(permission.ReadHealthCheck, permission.Permission(r.IntN(16))),
					CreatedAt:   now - epoch.Millis(r.IntN(86_400_000)), CreatedBy: token.Root,
				}
				t.Digest, t.DigestKey = keys.DigestFor(secret)
				if i%3 > 0 {
					t.ExpireAt = now + epoch.Millis(86_400_000*(2+r.IntN(300)))
				}
				if i%2 == 0 {
					t.FilterID = filter
				}
				if i < len(h.secrets) {
					h.secrets[i] = secret.Reveal()
				}
				h.tokens[i] = t
			}
		})
	}
	work.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
