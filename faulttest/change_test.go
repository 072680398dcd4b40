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

// TestKilledChangesOfPolicyAreWholeOrNotThere kills a server while it deletes all tokens, because
// their type was disabled. Killed before the change was committed, it has changed nothing; killed
// later, no token works any more, and each has its line in the audit log, at once and whatever has
// become of its row.
func TestKilledChangesOfPolicyAreWholeOrNotThere(t *testing.T) {
	n := rounds(5_000, 100_000)
	full, secrets := filled(t, n)
	_, before := full.rows(t)
	p, s := copied(t, full)
	began := time.Now()
	_, err := p.api(s).do(disable)
	must(t, err)
	whole := time.Since(began)
	s.kill()
	p.changed(t, secrets, n)

	kills := rounds(20, 50)
	count := map[string]int{}
	for range kills {
		p, s := copied(t, full)
		go func() { _, _ = p.api(s).do(disable) }() // it gets no answer
		time.Sleep(rand.N(2 * whole))
		s.kill()
		if _, entries := p.rows(t); entries == before {
			count["before it was committed"]++
			p.unchanged(t, secrets)
		} else {
			count["after it was committed"]++
			p.changed(t, secrets, n)
		}
		must(t, os.RemoveAll(filepath.Dir(p.data)))
	}
	t.Logf("%d kills of a change that deletes %d tokens in %v: %v", kills, n, whole.Round(time.Millisecond), count)
	if len(count) < 2 {
		t.Errorf("all kills came at the same side of the commit")
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

// accepted starts a server, ends it, and returns how many of the strings it accepted.
func (p *place) accepted(t *testing.T, secrets []string) (n int) {
	t.Helper()
	s := p.start(t)
	defer s.kill()
	a := p.api(s)
	for _, secret := range secrets {
		if a.accepts(t, secret) {
			n++
		}
	}
	return n
}

// unchanged fails the test unless a server takes all strings, and no line tells of the change.
func (p *place) unchanged(t *testing.T, secrets []string) {
	t.Helper()
	if got := p.accepted(t, secrets); got != len(secrets) {
		t.Errorf("%d of %d tokens are accepted, though nothing was changed", got, len(secrets))
	}
	if lines := p.deletions(t); len(lines) != 0 {
		t.Errorf("the audit log tells of %d deletions, though nothing was changed", len(lines))
	}
}

// changed fails the test unless a server takes none of the strings, and the audit log tells once of
// the deletion of each of n tokens, and is whole.
func (p *place) changed(t *testing.T, secrets []string, n int) {
	t.Helper()
	if got := p.accepted(t, secrets); got != 0 {
		t.Errorf("%d tokens are accepted", got)
	}
	p.rows(t)
	deleted := p.deletions(t)
	for id, times := range deleted {
		if times != 1 {
			t.Errorf("the deletion of %s has %d lines", id, times)
		}
	}
	if len(deleted) != n {
		t.Errorf("%d deletions have lines, want %d", len(deleted), n)
	}
	if text, err := p.command("audit", "verify").CombinedOutput(); err != nil {
		t.Errorf("audit verify: %v\n%s", err, text)
	}
}

// deletions returns how many lines of the audit log tell that the change deleted a token, by id.
func (p *place) deletions(t *testing.T) map[string]int {
	t.Helper()
	text, err := p.command("audit", "export").Output()
	must(t, err)
	deleted := map[string]int{}
	for line := range bytes.Lines(text) {
		var e struct{ ActionName, TokenID, Type string }
		must(t, json.Unmarshal(line, &e))
		if e.ActionName == "updateTokenSecurityPolicies" && e.Type == "hashedtokens.change" {
			deleted[e.TokenID]++
		}
	}
	return deleted
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
