package authority

import (
	"context"
	"strconv"
	"time"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// CreateToken makes the token that by asks for in d. The Secret is returned
// here and nowhere else; the store keeps only its digest. action is the name
// of the mutation, for the audit log.
//
// It refuses with Invalid what no token can be, with Forbidden what by or the
// security policy may not, with Unavailable when the store takes no change,
// and as WithIdempotencyKey says. It is safe for concurrent use.
func (a *Authority) CreateToken(ctx context.Context, by policy.Actor, d policy.Draft, action string) (token.Token, token.Secret, error) {
	id, secret, err := token.Mint(a.random)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	var made token.Token
	err = a.once(ctx, by, action, creation(d), func(t *tx) (string, error) {
		v, err := t.policies.System.Admit(t.by, d, t.now)
		if err != nil {
			return "", err
		}
		if err := t.knowsFilter("ipFilterId", v.FilterID); err != nil {
			return "", err
		}
		made = a.named(v, id, secret)
		if err := t.add(made); err != nil {
			return "", err
		}
		return string(id), t.record(audit.TokenChanged, id, described(made))
	})
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	return made, secret, nil
}

// RotateToken gives the token id a new Secret and a new ID. The old string is
// dead when this returns, or works for graceMs milliseconds more, at most 7
// days and at most until its own expiry.
//
// It refuses with NotFound a token that does not exist, with Conflict one that
// has expired or was rotated already, with Forbidden one that can do more than
// by, with Invalid a wrong grace period, and as WithIdempotencyKey says. It is
// safe for concurrent use.
func (a *Authority) RotateToken(ctx context.Context, by policy.Actor, id token.ID, graceMs int64, action string) (token.Token, token.Secret, error) {
	grace, err := policy.GracePeriod("gracePeriodMs", graceMs)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	newID, secret, err := token.Mint(a.random)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	var next token.Token
	err = a.once(ctx, by, action, rotation(id, grace), func(t *tx) (string, error) {
		old, err := t.live(id)
		if err != nil {
			return "", err
		}
		v, err := t.policies.System.Rotate(t.by, old, t.now)
		if err != nil {
			return "", err
		}
		if grace == 0 {
			v.Replaces = "" // nothing of it is left
		}
		next = a.named(v, newID, secret)
		return string(newID), t.replace(old, next, grace)
	})
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	return next, secret, nil
}

// UpdatePermissions gives the token id the permissions to, from the next
// request on. A token that works out its grace period in the shadow of this
// one changes with it.
//
// It refuses with Forbidden unless the security policy allows it, and as
// RotateToken does otherwise. It is safe for concurrent use.
func (a *Authority) UpdatePermissions(ctx context.Context, by policy.Actor, id token.ID, to permission.Set, action string) error {
	return a.command(ctx, by, action, func(t *tx) error {
		if err := t.by.May(policy.AdministerTokens()...); err != nil {
			return err
		}
		old, err := t.live(id)
		if err != nil {
			return err
		}
		v, err := t.policies.System.Regrant(t.by, old, to, t.now)
		if err != nil {
			return err
		}
		if err := t.regrantShadow(v); err != nil {
			return err
		}
		return t.regrant(old, to)
	})
}

// DeleteToken removes the token id; it is refused from the moment this
// returns. A token that still works out its grace period in its shadow goes
// with it: whoever deletes a token means all of its strings.
//
// It refuses with NotFound a token that does not exist. It is safe for
// concurrent use.
func (a *Authority) DeleteToken(ctx context.Context, by policy.Actor, id token.ID, action string) error {
	return a.command(store.UseReserve(ctx), by, action, func(t *tx) error {
		if err := t.by.May(policy.AdministerTokens()...); err != nil {
			return err
		}
		v, ok, err := t.tokens.get(t, rowKey(id))
		if err != nil {
			return err
		}
		if !ok {
			return noToken(string(id))
		}
		if err := t.endShadow(v); err != nil {
			return err
		}
		if err := t.remove(v); err != nil {
			return err
		}
		return t.record(audit.TokenChanged, id, []audit.Field{
			audit.One("tokenName", v.Name), audit.Many("oldPermissions", v.Permissions.Names()),
		})
	})
}

// named completes a token that the policy has admitted.
func (a *Authority) named(t token.Token, id token.ID, s token.Secret) token.Token {
	t.ID = id
	t.DigestKey = a.keys.current.id
	t.Digest = a.keys.current.digester.Digest(s)
	return t
}

// add writes a new token, and counts it for its filter.
func (t *tx) add(v token.Token) error {
	if err := t.bind(v.FilterID, 1); err != nil {
		return err
	}
	return t.tokens.put(t, string(v.ID), v)
}

// change writes a token that exists. The filter may be another one than before.
func (t *tx) change(v token.Token) error {
	stored, _, err := t.tokens.get(t, string(v.ID))
	if err != nil {
		return err
	}
	return t.changeStored(stored, v)
}

// changeStored writes v in the place of old, which is as it was stored.
func (t *tx) changeStored(old, v token.Token) error {
	if old.FilterID != v.FilterID {
		if err := t.bind(old.FilterID, -1); err != nil {
			return err
		}
		if err := t.bind(v.FilterID, 1); err != nil {
			return err
		}
	}
	return t.tokens.put(t, string(v.ID), v)
}

// remove deletes a token with all that hangs on it.
func (t *tx) remove(v token.Token) error {
	stored, _, err := t.tokens.get(t, string(v.ID)) // v may have been judged: count for the filter that was written
	if err != nil {
		return err
	}
	return t.removeStored(stored)
}

// removeStored deletes v, which is as it was stored.
func (t *tx) removeStored(v token.Token) error {
	if err := t.bind(v.FilterID, -1); err != nil {
		return err
	}
	if err := t.uses.drop(t, string(v.ID)); err != nil {
		return err
	}
	return t.tokens.drop(t, string(v.ID))
}

// bind counts how many tokens a filter binds, so that nobody has to walk all
// tokens to know whether a filter may be deleted.
func (t *tx) bind(id ipfilter.ID, by int) error {
	if id == "" {
		return nil
	}
	n, _, err := t.bound.get(t, string(id))
	if err != nil {
		return err
	}
	if n += uint64(by); n == 0 {
		return t.bound.drop(t, string(id))
	}
	return t.bound.put(t, string(id), n)
}

// replace puts next in the place of old, which goes now or after its grace.
func (t *tx) replace(old, next token.Token, grace time.Duration) error {
	if err := t.endShadow(old); err != nil {
		return err
	}
	fields := append(described(next),
		audit.One("oldTokenId", string(old.ID)),
		audit.One("newTokenId", string(next.ID)),
		audit.One("gracePeriodMs", strconv.FormatInt(grace.Milliseconds(), 10)))
	if grace == 0 {
		if err := t.remove(old); err != nil {
			return err
		}
	} else {
		old = policy.InGrace(old, next.ID, grace, t.now)
		fields = append(fields, audit.One("oldExpireAt", expiry(old.ExpireAt)))
		if err := t.change(old); err != nil {
			return err
		}
	}
	if err := t.add(next); err != nil {
		return err
	}
	return t.record(audit.TokenRotated, next.ID, fields, string(old.ID))
}

// shadow returns the token that v replaced, if it still works out its grace.
func (t *tx) shadow(v token.Token) (token.Token, bool, error) {
	if v.Replaces == "" {
		return token.Token{}, false, nil
	}
	old, ok, err := t.tokens.get(t, string(v.Replaces))
	return old, ok && old.ReplacedBy == v.ID, err
}

// endShadow ends the grace period of the token that v replaced, so that at
// most two strings of one line ever work.
func (t *tx) endShadow(v token.Token) error {
	old, ok, err := t.shadow(v)
	if err != nil || !ok {
		return err
	}
	if err := t.remove(old); err != nil {
		return err
	}
	return t.record(audit.TokenChanged, old.ID, []audit.Field{
		audit.One("tokenName", old.Name), audit.One("successorId", string(v.ID)),
		audit.Many("oldPermissions", old.Permissions.Names()),
	})
}

// regrantShadow gives the token that v replaced, if it still works out its
// grace, the permissions of v.
func (t *tx) regrantShadow(v token.Token) error {
	old, ok, err := t.shadow(v)
	if err != nil || !ok {
		return err
	}
	return t.regrant(old, v.Permissions)
}

// regrant changes the permissions of a token and nothing else.
func (t *tx) regrant(v token.Token, to permission.Set) error {
	was := v.Permissions
	v.Permissions = to
	if err := t.change(v); err != nil {
		return err
	}
	return t.record(audit.TokenChanged, v.ID, []audit.Field{
		audit.One("tokenName", v.Name),
		audit.Many("oldPermissions", was.Names()),
		audit.Many("newPermissions", to.Names()),
	})
}

// described lists what a new token is, for the audit log.
func described(v token.Token) []audit.Field {
	return []audit.Field{
		audit.One("tokenName", v.Name),
		audit.Many("newPermissions", v.Permissions.Names()),
		audit.One("ipFilterId", string(v.FilterID)),
		audit.One("expireAt", expiry(v.ExpireAt)),
	}
}

// expiry writes an expiry as the API does, or nothing for never.
func expiry(m epoch.Millis) string {
	if m == 0 {
		return ""
	}
	return strconv.FormatInt(int64(m), 10)
}
