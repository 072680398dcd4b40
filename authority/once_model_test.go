package authority_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// A wished is what the naive model knows of an actor and a key.
type wished struct {
	name string
	id   token.ID
	at   epoch.Millis
}

// onceMachine creates, forgets and waits, and knows by a plain map what must
// come of it.
type onceMachine struct {
	h      *authoritytest.House
	actors []policy.Actor
	known  map[[2]string]wished // by actor and key
	alive  []token.ID
}

func (m *onceMachine) create(t *rapid.T) {
	by := rapid.SampledFrom(m.actors).Draw(t, "actor")
	key := rapid.SampledFrom([]string{"k1", "k2", "a longer key, with spaces"}).Draw(t, "key")
	name := rapid.SampledFrom([]string{"nurse", "doctor"}).Draw(t, "name")
	index, now := [2]string{string(by.ID), key}, m.h.Clock.Millis()
	v, secret, err := keyed(m.h, by, key, draft(name))
	f, _ := errors.AsType[*fault.Error](err)
	switch before, known := m.known[index]; {
	case !known || now-before.at >= 24*60*60*1000:
		if err != nil {
			t.Fatalf("at %v, a new key: %v", now, err)
		}
		if _, outcome := m.h.Verify(secret, here); outcome != policy.Accepted {
			t.Fatalf("the new token is %v", outcome)
		}
		m.known[index], m.alive = wished{name, v.ID, now}, append(m.alive, v.ID)
	case before.name != name:
		if f == nil || f.Code != fault.Conflict || f.Extensions["reason"] != policy.KeyReused {
			t.Fatalf("another request with the key: %v", err)
		}
	default:
		if f == nil || f.Code != fault.Conflict || f.Extensions["reason"] != policy.Repeated || f.Extensions["tokenId"] != string(before.id) {
			t.Fatalf("the same request, after %v ms, of the token %s: %v", now-before.at, before.id, err)
		}
	}
}

func (m *onceMachine) remove(t *rapid.T) {
	if len(m.alive) == 0 {
		t.Skip("there is none")
	}
	id := m.alive[0]
	m.alive = m.alive[1:]
	if err := m.h.DeleteToken(context.Background(), as(root(), "deleteToken"), id); err != nil {
		t.Fatal(err)
	}
}

func (m *onceMachine) passTime(t *rapid.T) {
	m.h.Clock.Pass(rapid.SampledFrom([]time.Duration{
		time.Millisecond, time.Hour, policy.KeyLife / 2, policy.KeyLife - time.Millisecond, policy.KeyLife,
	}).Draw(t, "time"))
}

// agree counts the tokens, but for those of the actors themselves.
func (m *onceMachine) agree(t *rapid.T) {
	want := len(m.actors) - 1 + len(m.alive)
	if got := len(m.h.All()); got != want {
		t.Fatalf("there are %d tokens, want %d", got, want)
	}
}

func TestIdempotencyKey_AnyOrderOfRequestsMakesWhatTheNaiveModelSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := authoritytest.Open(t)
		ann, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
		m := &onceMachine{h: h, actors: []policy.Actor{root(), ann}, known: map[[2]string]wished{}}
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create, "create again": m.create, "create once more": m.create, "delete": m.remove, "pass time": m.passTime,
			"keep house": func(*rapid.T) { h.Round(context.Background()) },
			"reopen":     func(*rapid.T) { h.Reopen() },
			"":           m.agree,
		})
		h.Verdict()
		h.Unchecked = true // it was just now
		h.Close()
	})
}
