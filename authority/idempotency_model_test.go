package authority_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// A wished is what the naive model knows of an actor and a key, as long as id is there.
type wished struct {
	rotate bool
	what   string // the name of the token to make, or the id of the one to rotate
	id     token.ID
}

// requestMachine creates, rotates, deletes and waits, and knows by a plain map what must come of
// it.
type requestMachine struct {
	tb     testing.TB
	h      *authoritytest.House
	actors []policy.Actor
	known  map[[2]string]wished // by actor and key
	alive  []token.ID
	past   []token.ID // rotated
}

func (m *requestMachine) create(t *rapid.T) {
	name := rapid.SampledFrom([]string{"nurse", "doctor"}).Draw(t, "name")
	m.ask(t, wished{what: name}, func(by policy.Actor, key string) (token.ID, error) {
		v, secret, err := keyed(m.h, by, key, draft(name))
		if err != nil {
			return "", err
		}
		if _, outcome := m.h.Verify(secret, here); outcome != policy.Accepted {
			t.Fatalf("the new token is %v", outcome)
		}
		m.alive = append(m.alive, v.ID)
		return v.ID, nil
	})
}

func (m *requestMachine) rotate(t *rapid.T) {
	old := m.any(t, append(slices.Clone(m.alive), m.past...))
	m.ask(t, wished{rotate: true, what: string(old)}, func(by policy.Actor, key string) (token.ID, error) {
		v, err := rotateKeyed(m.h, by, key, old, 0)
		if err != nil {
			return "", err
		}
		m.alive[slices.Index(m.alive, old)] = v.ID
		m.past = append(m.past, old)
		m.gone(old, v.ID)
		return v.ID, nil
	})
}

// ask asks for w with some key, and compares what comes of it with what the model knows.
func (m *requestMachine) ask(t *rapid.T, w wished, do func(by policy.Actor, key string) (token.ID, error)) {
	by := rapid.SampledFrom(m.actors).Draw(t, "actor")
	key := rapid.SampledFrom([]string{"k1", "k2", "a longer key, with spaces"}).Draw(t, "key")
	before, known := m.known[[2]string{string(by.ID), key}]
	lost := w.rotate && slices.Contains(m.past, token.ID(w.what))
	id, err := do(by, key)
	f, _ := errors.AsType[*fault.Error](err)
	switch w.id = before.id; {
	case !known && lost:
		if f == nil || f.Code != fault.NotFound {
			t.Fatalf("the rotation of a token that is gone: %v", err)
		}
	case !known:
		if err != nil {
			t.Fatalf("a new key: %v", err)
		}
		w.id = id
		m.known[[2]string{string(by.ID), key}] = w
	case before != w:
		if f == nil || f.Code != fault.Conflict || f.Extensions["reason"] != policy.KeyReused {
			t.Fatalf("another request with the key: %v", err)
		}
	default:
		if f == nil || f.Code != fault.Conflict || f.Extensions["reason"] != policy.Repeated || f.Extensions["tokenId"] != string(before.id) {
			t.Fatalf("the same request, of the token %s: %v", before.id, err)
		}
	}
}

// gone forgets the keys of a token that is gone, except that of its creation if it has an heir.
func (m *requestMachine) gone(id, heir token.ID) {
	for k, w := range maps.Clone(m.known) {
		switch {
		case w.id != id:
		case heir != "" && !w.rotate:
			w.id = heir
			m.known[k] = w
		default:
			delete(m.known, k)
		}
	}
}

func (m *requestMachine) any(t *rapid.T, of []token.ID) token.ID {
	if len(of) == 0 {
		t.Skip("there is none")
	}
	return rapid.SampledFrom(of).Draw(t, "token")
}

func (m *requestMachine) remove(t *rapid.T) {
	id := m.any(t, m.alive)
	if err := m.h.DeleteToken(context.Background(), as(root(), "deleteToken"), id); err != nil {
		t.Fatal(err)
	}
	m.alive = slices.DeleteFunc(m.alive, func(other token.ID) bool { return other == id })
	m.gone(id, "")
}

// agree counts the tokens, but for those of the actors themselves, and the keys.
func (m *requestMachine) agree(t *rapid.T) {
	if got, want := len(m.h.All()), len(m.actors)-1+len(m.alive); got != want {
		t.Fatalf("there are %d tokens, want %d", got, want)
	}
	if got := requestRows(m.tb, m.h); got != len(m.known) {
		t.Fatalf("there are %d rows for %d keys", got, len(m.known))
	}
}

func TestIdempotencyKey_AnyOrderOfRequestsMakesWhatTheNaiveModelSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := authoritytest.Open(t)
		ann, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
		m := &requestMachine{tb: t, h: h, actors: []policy.Actor{root(), ann}, known: map[[2]string]wished{}}
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create, "create again": m.create, "create once more": m.create,
			"rotate": m.rotate, "rotate again": m.rotate, "delete": m.remove,
			"pass time":  func(*rapid.T) { h.Clock.Pass(30 * time.Hour) },
			"keep house": func(*rapid.T) { h.Round(context.Background()) },
			"reopen":     func(*rapid.T) { h.Reopen() },
			"":           m.agree,
		})
		h.Verdict()
		h.Unchecked = true // it was just now
		h.Close()
	})
}
