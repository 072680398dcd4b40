package demo

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"tokenscale/permission"
	"tokenscale/policy"
)

// rotate gives a token a new string; the old one works for the grace period.
func (s *stage) rotate(ctx context.Context, name string, grace time.Duration) error {
	next, secret, err := s.RotateToken(ctx, root("rotateSystemToken"), s.tokens[name].id, grace.Milliseconds())
	if err != nil {
		return err
	}
	s.tokens[name] = held{next.ID, secret.Reveal()}
	return nil
}

// allow changes what a token may.
func (s *stage) allow(ctx context.Context, name string, may ...permission.Permission) error {
	return s.UpdatePermissions(ctx, root("updateSystemPermissionsTokenPermissions"), s.tokens[name].id, permission.Of(may...))
}

// annotate gives a token a note.
func (s *stage) annotate(ctx context.Context, name, note string) error {
	_, err := s.UpdateNote(ctx, root("updateSystemTokenNote"), s.tokens[name].id, note, nil)
	return err
}

// remove deletes a token.
func (s *stage) remove(ctx context.Context, name string) error {
	return s.DeleteToken(ctx, root("deleteToken"), s.tokens[name].id)
}

// try uses the string of a token that has ended.
func (s *stage) try(ctx context.Context, name, from string) error {
	actor, outcome := s.Verify(s.tokens[name].secret, netip.MustParseAddr(from))
	if outcome == policy.Accepted {
		return fmt.Errorf("%s is still accepted", name)
	}
	s.Refused(ctx, actor, outcome)
	return nil
}

// rewrite gives a filter other rules.
func (s *stage) rewrite(ctx context.Context, name, rules string) error {
	_, err := s.UpdateFilter(ctx, root("updateIPFilter"), s.filters[name], nil, &rules)
	return err
}
