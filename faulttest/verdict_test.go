package faulttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// known is what must be so, as far as the oracle's list tells.
type known struct {
	tokens  map[string]*life // by id
	policy  int64            // the last that was acknowledged
	maybe   []int64          // those after it that are in doubt
	doubts  int              // all that ever were in doubt and may have made a token
	acked   int
	revoked int
	extra   int // tokens that nobody was told of
}

type life struct {
	secret string
	alive  bool
	wide   bool
	doubt  bool // it may be dead, or wider or narrower
}

func newKnown() *known { return &known{tokens: map[string]*life{}} }

// anyPolicy is for tests that do not know what the policy must be.
const anyPolicy = -1

// learn takes in what the oracle noted.
func (k *known) learn(list []record) {
	for _, r := range list {
		if !r.Doubt {
			k.acked++
		}
		switch r.Op {
		case "create":
			k.add(r)
		case "delete":
			k.end(r)
		case "rotate":
			k.end(r)
			k.add(r)
		case "grant":
			v := k.tokens[r.ID]
			v.doubt = v.doubt || r.Doubt
			if !r.Doubt {
				v.wide = r.N == 1
			}
		case "policy":
			if r.Doubt {
				k.maybe = append(k.maybe, r.N)
			} else {
				k.policy, k.maybe = r.N, nil
			}
		}
	}
}

func (k *known) add(r record) {
	if r.Doubt {
		k.doubts++
		return
	}
	k.tokens[id(r.Token)] = &life{secret: r.Token, alive: true}
	if old := k.tokens[r.ID]; old != nil {
		k.tokens[id(r.Token)].wide = old.wide
	}
}

func (k *known) end(r record) {
	v := k.tokens[r.ID]
	if r.Doubt {
		v.doubt = true
		return
	}
	v.alive = false
	k.revoked++
}

// outcome is what a verdict found wrong.
type outcome struct {
	unsound error  // the store does not open, or is damaged, or does not fit together
	lost    int    // acknowledged changes that are not there
	revived int    // tokens that were revoked and are accepted
	ahead   int    // changes that nobody can have asked for
	first   string // the first of them
}

// say remembers what was found first.
func (o *outcome) say(format string, args ...any) {
	if o.first == "" {
		o.first = fmt.Sprintf(format, args...)
	}
}

func (o outcome) String() string {
	return fmt.Sprintf("%d acknowledged changes are lost, %d revoked tokens are alive, %d tokens come from nowhere; %s; %v",
		o.lost, o.revived, o.ahead, o.first, o.unsound)
}

func (o outcome) bad() bool { return o.unsound != nil || o.lost+o.revived+o.ahead > 0 }

// judge opens the store of p, which no server has open, and compares it with
// what is known. What was in doubt is known from then on.
func (k *known) judge(p *place) (o outcome) {
	keys, err := keyring.Load(p.keys)
	if err != nil {
		return outcome{unsound: err}
	}
	if o.unsound = sound(boltfile.Path(p.data), keys); o.unsound != nil {
		return o
	}
	db, err := bolt.Open(bolt.Options{Folder: p.data, Tables: rows.Tables(), Now: time.Now})
	if err != nil {
		return outcome{unsound: err}
	}
	defer func() { o.unsound = errors.Join(o.unsound, db.Close()) }()
	a, err := authority.Open(context.Background(), authority.Options{
		DB: db, Keys: keys, Now: time.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return outcome{unsound: err}
	}
	k.compare(a, &o)
	o.unsound = errors.Join(o.unsound, a.Close(context.Background()))
	return o
}

// sound checks every page, every seal, and that the audit log tells of what
// is there and of nothing else.
func sound(path string, keys *keyring.Keys) error {
	var rep integrity.Report
	err := boltfile.Inspect(context.Background(), path, func(r store.Reader) (err error) {
		rep, err = integrity.Inspect(context.Background(), r, keys)
		return err
	})
	return errors.Join(append(rep.Odd, err, rep.Err())...)
}

var loopback = netip.MustParseAddr("127.0.0.1")

func (k *known) compare(a *authority.Authority, o *outcome) {
	alive := 0
	for _, v := range k.tokens {
		actor, outcome := a.Verify(v.secret, loopback)
		accepted := outcome == policy.Accepted
		wide := accepted && actor.Permissions.Has(permission.ManageCluster)
		switch {
		case v.doubt:
			v.alive, v.wide, v.doubt = accepted, wide, false
		case v.alive && !accepted, v.alive && wide != v.wide:
			o.lost++
			o.say("token %s is %v, wide %v, and should be alive, wide %v", id(v.secret), outcome, wide, v.wide)
		case !v.alive && accepted:
			o.revived++
			o.say("token %s was revoked", id(v.secret))
		}
		if accepted {
			alive++
		}
	}
	all, err := a.Tokens(policy.RootActor(), token.Query{Limit: 1})
	o.unsound = errors.Join(o.unsound, err)
	if k.extra = all.Total - alive; k.extra > k.doubts {
		o.ahead = k.extra - k.doubts
	}
	k.comparePolicy(a, o)
}

func (k *known) comparePolicy(a *authority.Authority, o *outcome) {
	p, err := a.Policies(policy.RootActor())
	o.unsound = errors.Join(o.unsound, err)
	got := max(p.Personal.MaxAgeMs-policyBase, 0)
	if got == k.policy || k.policy == anyPolicy {
		k.maybe = nil
		return
	}
	for _, n := range k.maybe {
		if n == got {
			k.policy, k.maybe = got, nil
			return
		}
	}
	o.lost++
	o.say("the policy is %d, should be %d or one of %v", got, k.policy, k.maybe)
}

// report fails the test if the outcome is bad.
func (k *known) report(t *testing.T, when string, o outcome) {
	t.Helper()
	if o.bad() {
		t.Fatalf("%s: %v", when, o)
	}
}

func tokenID(s string) token.ID { return token.ID(s) }
