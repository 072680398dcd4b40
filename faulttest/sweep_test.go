package faulttest

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

const disable = `mutation { updateTokenSecurityPolicies(input: {
	personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: true,
	organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: true,
	systemPermissionTokensEnabled: false}) { id } }`

// TestKilledSweepsEndAtTheNextStart kills a server while it deletes all tokens,
// because their type was disabled. Before the next server answers, all are gone,
// with one audit entry each. Killed before the change was committed, it has
// changed nothing.
func TestKilledSweepsEndAtTheNextStart(t *testing.T) {
	n := rounds(5_000, 100_000)
	full, secrets := filled(t, n)
	_, before := full.rows(t)
	p, s := copied(t, full)
	began := time.Now()
	_, err := p.api(s).do(disable)
	must(t, err)
	whole := time.Since(began)
	p.swept(t, s, secrets, n)

	kills := rounds(20, 50)
	count := map[string]int{}
	for range kills {
		p, s := copied(t, full)
		go func() { _, _ = p.api(s).do(disable) }() // it gets no answer
		time.Sleep(rand.N(whole))
		s.kill()
		switch tokens, entries := p.rows(t); {
		case tokens == n && entries == before:
			count["before it began"]++
			continue
		case tokens > 0:
			count["in the middle"]++
		default:
			count["after the last"]++
		}
		s = p.start(t)
		p.swept(t, s, secrets, n)
		must(t, os.RemoveAll(filepath.Dir(p.data)))
	}
	t.Logf("%d kills of a change that deletes %d tokens in %v: %v; after the next start none was ever usable, and each had one entry",
		kills, n, whole.Round(time.Millisecond), count)
	if count["in the middle"] < kills/5 {
		t.Errorf("only %d of %d kills hit the sweep", count["in the middle"], kills)
	}
}

// rows returns how many tokens and how many audit entries the store holds,
// which no server has open, and fails the test unless all rows are sound.
func (p *place) rows(t *testing.T) (tokens, entries int) {
	t.Helper()
	keys, err := keyring.Load(p.keys)
	must(t, err)
	must(t, boltfile.Inspect(context.Background(), boltfile.Path(p.data), func(r store.Reader) error {
		rep, err := integrity.Inspect(context.Background(), r, keys)
		tokens, entries = rep.Tokens(), rep.Entries()
		return errors.Join(append(rep.Odd, err, rep.Err())...)
	}))
	return tokens, entries
}

// swept fails the test unless the server s has no token, takes none of the
// strings, and each of n tokens was deleted with one entry. It ends the server.
func (p *place) swept(t *testing.T, s *server, secrets []string, n int) {
	t.Helper()
	a := p.api(s)
	for _, secret := range secrets {
		if a.accepts(t, secret) {
			t.Errorf("the token %s is accepted", id(secret))
		}
	}
	s.kill()
	if tokens, _ := p.rows(t); tokens != 0 {
		t.Errorf("%d tokens are left", tokens)
	}
	cmd := p.command("audit", "export")
	text, err := cmd.Output()
	must(t, err)
	deleted := map[string]int{}
	for line := range bytes.Lines(text) {
		var e struct{ ActionName, TokenID, Type string }
		must(t, json.Unmarshal(line, &e))
		if e.ActionName == "updateTokenSecurityPolicies" && e.Type == "hashedtokens.change" {
			deleted[e.TokenID]++
		}
	}
	for id, times := range deleted {
		if times != 1 {
			t.Errorf("the deletion of %s has %d entries", id, times)
		}
	}
	if len(deleted) != n {
		t.Errorf("%d deletions have entries, want %d", len(deleted), n)
	}
}

// filled makes a store of n tokens, and returns where it is, and some strings.
func filled(t *testing.T, n int) (*place, []string) {
	t.Helper()
	p := newPlace(t, filepath.Join(memory(t), "data"))
	keys, err := keyring.Create(p.keys, crand.Reader)
	must(t, err)
	a, db, err := (&sample{keys: keys}).openAt(p.data, p.keys+".state")
	must(t, err)
	const callers = 50
	secrets := make([]string, callers)
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			draft := policy.Draft{Name: fmt.Sprint("caller ", c), Permissions: permission.Of(permission.ReadHealthCheck)}
			for range n / callers {
				_, secret, err := a.CreateToken(context.Background(), authority.Caller{Actor: policy.RootActor(), Action: "createSystemToken"}, draft)
				if err != nil {
					t.Error(err)
					return
				}
				secrets[c] = secret.Reveal()
			}
		})
	}
	all.Wait()
	must(t, errors.Join(a.Close(context.Background()), db.Close()))
	return p, secrets
}

// copied starts a server on a copy of a store.
func copied(t *testing.T, from *place) (*place, *server) {
	t.Helper()
	p := *from
	folder := memory(t)
	p.data, p.keys = filepath.Join(folder, "data"), filepath.Join(folder, "keys")
	must(t, os.CopyFS(p.data, os.DirFS(from.data)))
	for _, ending := range []string{"", ".state"} {
		text, err := os.ReadFile(from.keys + ending)
		must(t, err)
		must(t, os.WriteFile(p.keys+ending, text, 0o600))
	}
	must(t, os.Chmod(p.data, 0o700))
	must(t, os.Chmod(boltfile.Path(p.data), 0o600))
	return &p, p.start(t)
}
