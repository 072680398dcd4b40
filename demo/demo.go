package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"tokenscale/authority"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

const day = 24 * time.Hour

// Fill fills the empty store of o, and returns its root token. It begins 240
// days before what o.Now says, and ends then.
func Fill(ctx context.Context, o authority.Options) (secret token.Secret, err error) {
	now := o.Now()
	clock := &clock{now: now}
	clock.set(240 * day)
	o.Now, o.Steady = clock.Now, clock.Steady
	a, err := authority.Open(ctx, o)
	if err != nil {
		return token.Secret{}, err
	}
	defer func() { err = errors.Join(err, a.Close(ctx)) }()
	if secret, _, err = a.FirstRoot(ctx); err != nil {
		return token.Secret{}, err
	}
	s := &stage{Authority: a, now: epoch.Of(now), filters: map[string]ipfilter.ID{}, tokens: map[string]held{}}
	for _, e := range s.events() {
		clock.set(e.ago)
		if err := e.do(ctx); err != nil {
			return token.Secret{}, fmt.Errorf("making the demonstration, %v ago: %w", e.ago, err)
		}
	}
	clock.set(0)
	return secret, nil
}

// A clock is told how long ago it is. It is safe for concurrent use.
type clock struct {
	now time.Time
	ago atomic.Int64 // a time.Duration
}

func (c *clock) set(ago time.Duration) { c.ago.Store(int64(ago)) }

// Now returns the time that it is on the stage.
func (c *clock) Now() time.Time { return c.now.Add(-time.Duration(c.ago.Load())) }

// Steady goes on with Now: on the stage nobody sets the clock.
func (c *clock) Steady() time.Duration { return 1000*day - time.Duration(c.ago.Load()) }

// An event is something that happened on the stage.
type event struct {
	ago time.Duration
	do  func(context.Context) error
}

// A stage is where all of it happens, by the names that things have here.
type stage struct {
	*authority.Authority
	now     epoch.Millis // when the demonstration begins
	filters map[string]ipfilter.ID
	tokens  map[string]held
}

// held is a token with its string.
type held struct {
	id     token.ID
	secret string
}

// events returns what happened, the oldest first.
func (s *stage) events() (all []event) {
	for _, p := range policies {
		all = append(all, event{p.ago, func(ctx context.Context) error { return s.restrict(ctx, p) }})
	}
	for _, f := range filters {
		all = append(all, event{f.ago, func(ctx context.Context) error { return s.filter(ctx, f) }})
	}
	for _, t := range tokens {
		all = append(all, event{t.ago, func(ctx context.Context) error { return s.create(ctx, t) }})
		if t.used != 0 {
			all = append(all, event{t.used, func(context.Context) error { return s.use(t.name, t.from) }})
		}
	}
	for _, c := range changes {
		all = append(all, event{c.ago, func(ctx context.Context) error { return c.do(ctx, s) }})
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(b.ago, a.ago) })
	return all
}

// root returns root as the one who acts.
func root(action string) authority.Caller {
	actor := policy.RootActor()
	actor.IP = office
	return authority.Caller{Actor: actor, Action: action}
}

// by returns who acts: root, or the holder of a token.
func (s *stage) by(name, action string) (authority.Caller, error) {
	if name == "" {
		return root(action), nil
	}
	actor, outcome := s.Verify(s.tokens[name].secret, office)
	if outcome != policy.Accepted {
		return authority.Caller{}, fmt.Errorf("the token %q is %v", name, outcome)
	}
	return authority.Caller{Actor: actor, Action: action}, nil
}

func (s *stage) restrict(ctx context.Context, p security) error {
	enabled, most := true, p.most.Milliseconds()
	change := policy.SystemChange{Enabled: &enabled, MaxAgeMs: &most, AllowUpdates: &p.updates}
	_, err := s.SetSecurity(ctx, root("updateTokenSecurityPolicies"), policy.Change{System: change})
	return err
}

func (s *stage) filter(ctx context.Context, f filter) error {
	by, err := s.by(f.by, "createIPFilter")
	if err != nil {
		return err
	}
	made, err := s.CreateFilter(ctx, by, f.name, f.rules)
	s.filters[f.name] = made.ID
	return err
}

func (s *stage) create(ctx context.Context, t story) error {
	by, err := s.by(t.by, "createSystemToken")
	if err != nil {
		return err
	}
	d := policy.Draft{Name: t.name, Note: notes[t.name], Permissions: permission.Of(t.may...), FilterID: s.filters[t.filter]}
	if t.ends != 0 {
		end := s.now.Add(t.ends)
		d.Expiry.At = &end
	}
	made, secret, err := s.CreateToken(ctx, by, d)
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	s.tokens[t.name] = held{made.ID, secret.Reveal()}
	return nil
}

func (s *stage) use(name, from string) error {
	if _, outcome := s.Verify(s.tokens[name].secret, netip.MustParseAddr(from)); outcome != policy.Accepted {
		return fmt.Errorf("%s from %s is %v", name, from, outcome)
	}
	return nil
}
