package faulttest

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// TestAKilledRotationOfTheKeysGoesOn kills key rotate and key drop at random
// moments. After each the server starts and accepts its tokens and no others,
// and the next run of the command ends well.
func TestAKilledRotationOfTheKeysGoesOn(t *testing.T) {
	p := newPlace(t, "")
	alive, dead := rotationSample(t, p)
	began := time.Now()
	if out, code := p.run(t, "key", "rotate"); code != 0 {
		t.Fatalf("the rotation ended with %d: %s", code, out)
	}
	whole := time.Since(began)
	resumed, begun := 0, 0
	n := rounds(25, 500)
	for i := range n {
		before, err := os.ReadFile(p.keys)
		must(t, err)
		killedWithin(t, p, whole, "key", "rotate")
		after, err := os.ReadFile(p.keys)
		must(t, err)
		if string(before) != string(after) {
			begun++
		}
		s := p.start(t)
		p.api(s).knows(t, alive, dead, i)
		s.kill()
		out, code := p.run(t, "key", "rotate")
		if code != 0 {
			t.Fatalf("after %d kills the rotation ended with %d: %s", i, code, out)
		}
		if strings.Contains(out, "finished a rotation that was cut off") {
			resumed++
		}
		killedWithin(t, p, whole, "key", "drop")
		if out, code := p.run(t, "key", "drop"); code != 0 && !strings.Contains(out, "the key is in use") {
			t.Fatalf("after %d kills the drop ended with %d: %s", i, code, out)
		}
	}
	if out, code := p.run(t, "doctor"); code != 0 {
		t.Errorf("in the end the doctor says %s", out)
	}
	status, code := p.run(t, "key", "status")
	if code != 0 || !strings.Contains(status, "holds 2 keys") {
		t.Errorf("in the end there should be the newest key and the one that the tokens were made under: %s", status)
	}
	t.Logf("%d kills of a rotation that takes %.2f s: %d had a new key in the key file, %d were finished by the next run", n, whole.Seconds(), begun, resumed)
	if begun == 0 || resumed == 0 {
		t.Error("no kill came in the middle of a rotation")
	}
}

// rotationSample makes a store of some thousand rows, and returns tokens that
// are in it, and one that was deleted.
func rotationSample(t *testing.T, p *place) (alive []string, dead string) {
	t.Helper()
	keys, err := keyring.Create(p.keys, crand.Reader)
	must(t, err)
	s := &sample{keys: keys, p: p, known: newKnown()}
	a, db, err := s.openAt(p.data, p.keys+".state")
	must(t, err)
	root, ctx := policy.RootActor(), context.Background()
	alive = make([]string, 3000)
	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			for i := n; i < len(alive); i += 64 {
				_, secret, err := a.CreateToken(ctx, authority.Caller{Actor: root, Action: "createSystemToken"}, policy.Draft{Name: fmt.Sprint(i), Permissions: permission.Of(permission.ReadHealthCheck)})
				if err != nil {
					t.Error(err)
					return
				}
				alive[i] = secret.Reveal()
			}
		})
	}
	all.Wait()
	_, err = a.SignedCheckpoint(ctx)
	must(t, err)
	dead = alive[0]
	v, _, _ := strings.Cut(dead, "~")
	_, outcome := a.Verify(dead, policy.RootActor().IP)
	if outcome != policy.Accepted {
		t.Fatalf("the new token is %v", outcome)
	}
	must(t, a.DeleteToken(ctx, authority.Caller{Actor: root, Action: "deleteToken"}, token.ID(v)))
	must(t, errors.Join(a.Close(ctx), db.Close()))
	return alive[1:], dead
}

// killedWithin starts a command and kills it within the time it takes, or lets
// it end.
func killedWithin(t *testing.T, p *place, whole time.Duration, args ...string) {
	t.Helper()
	cmd := p.command(args...)
	must(t, cmd.Start())
	// By then the command may have ended by itself.
	timer := time.AfterFunc(time.Duration(rand.Int64N(int64(whole))), func() { _ = cmd.Process.Kill() })
	// How it ended does not matter.
	_ = cmd.Wait()
	timer.Stop()
}
