package authority

import (
	"context"
	"slices"
	"strings"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
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
// and as Caller says. It is safe for concurrent use.
func (a *Authority) CreateToken(ctx context.Context, by Caller, d policy.Draft) (token.Token, token.Secret, error) {
	id, secret, err := token.Mint(a.random)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	var made token.Token
	err = a.once(ctx, by, creation(d), func(t *tx, request string) error {
		v, err := t.rows.History.System.Admit(t.by, d, t.now)
		if err != nil {
			return err
		}
		if err := t.knowsFilter("ipFilterId", v.FilterID); err != nil {
			return err
		}
		v.CreateRequest = request
		made = a.named(v, id, secret)
		if made.Number, err = t.rows.NextNumber(t); err != nil {
			return err
		}
		if err := t.rows.AddToken(t, made); err != nil {
			return err
		}
		return t.record(audit.TokenChanged, made, append(ledger.Described(made), created(made)))
	})
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	return made, secret, nil
}

// RotateToken gives the token id a new Secret and a new ID. The old string is
// dead when this returns, or works for graceMs milliseconds more, at most 7
// days and at most until its own expiry. A string before that, which works out
// its own grace period, ends.
//
// It refuses with NotFound a token that does not exist, with Conflict one that
// has expired or was rotated already, with Forbidden one that can do more than
// by, with Invalid a wrong grace period, and as Caller says. It is
// safe for concurrent use.
func (a *Authority) RotateToken(ctx context.Context, by Caller, id token.ID, graceMs int64) (token.Token, token.Secret, error) {
	return a.rotate(ctx, by, id, graceMs, true)
}

// RotateTokenKeeping is RotateToken for who does not want to end a string that
// works out its grace period: while there is one it refuses with Conflict.
func (a *Authority) RotateTokenKeeping(ctx context.Context, by Caller, id token.ID, graceMs int64) (token.Token, token.Secret, error) {
	return a.rotate(ctx, by, id, graceMs, false)
}

func (a *Authority) rotate(ctx context.Context, by Caller, id token.ID, graceMs int64, endPredecessor bool) (token.Token, token.Secret, error) {
	grace, err := policy.GracePeriod("gracePeriodMs", graceMs)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	newID, secret, err := token.Mint(a.random)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	var next token.Token
	err = a.once(ctx, by, rotation(id, grace, endPredecessor), func(t *tx, request string) error {
		old, err := t.live(id)
		if err != nil {
			return err
		}
		v, err := policy.Rotate(t.by, old, t.now)
		if err != nil {
			return err
		}
		if !endPredecessor {
			if err := t.keepsPredecessor(old, a.index); err != nil {
				return err
			}
		}
		if grace == 0 {
			v.Replaces = "" // nothing of it is left
		}
		v.RotateRequest = request
		next = a.named(v, newID, secret)
		return t.replace(old, next, grace)
	}, rotated(grace)...)
	if err != nil {
		return token.Token{}, token.Secret{}, err
	}
	return next, secret, nil
}

// rotated returns how a rotation is stored: one without a grace period takes a string from whoever
// has it, so it fits where nothing new does.
func rotated(grace time.Duration) []store.Option {
	if grace == 0 {
		return []store.Option{store.UseReserve, store.Everywhere}
	}
	return []store.Option{store.Everywhere}
}

// UpdatePermissions gives the token id the permissions to, from the next
// request on. A token that works out its grace period in the shadow of this
// one changes with it.
//
// It refuses with Forbidden unless the security policy allows it, and as
// RotateToken does otherwise. It is safe for concurrent use.
func (a *Authority) UpdatePermissions(ctx context.Context, by Caller, id token.ID, to permission.Set) error {
	return a.command(ctx, by, func(t *tx) error {
		if err := t.by.May(policy.AdministerTokens()...); err != nil {
			return err
		}
		old, err := t.live(id)
		if err != nil {
			return err
		}
		v, err := t.rows.History.System.Regrant(t.by, old, to, t.now)
		if err != nil {
			return err
		}
		if err := t.regrantInGrace(v); err != nil {
			return err
		}
		return t.regrant(old, to)
	}, store.UseReserve, store.Everywhere)
}

// UpdateNote gives the token id another note, or none if it is empty, and returns the token. One
// that works out its grace period in the shadow of it gets the note too: it is of both strings.
//
// It refuses with Invalid what policy.Note refuses, with NotFound a token that does not exist, with
// Conflict one that has expired or was rotated, and one that has another note than expected, if
// that is given. It is safe for concurrent use.
func (a *Authority) UpdateNote(ctx context.Context, by Caller, id token.ID, note string, expected *string) (token.Token, error) {
	var noted token.Token
	err := a.command(ctx, by, func(t *tx) error {
		if err := t.by.May(policy.AdministerTokens()...); err != nil {
			return err
		}
		old, err := t.live(id)
		if err != nil {
			return err
		}
		if noted, err = policy.Annotate(t.by, old, note, expected, t.now); err != nil {
			return err
		}
		if err := t.annotateInGrace(noted); err != nil {
			return err
		}
		return t.annotate(old, noted.Note)
	})
	if err != nil {
		return token.Token{}, err
	}
	return noted, nil
}

// DeleteToken removes the token id; it is refused from the moment this
// returns. A token that still works out its grace period in its shadow goes
// with it: whoever deletes a token means all of its strings.
//
// It refuses with NotFound a token that does not exist. It is safe for
// concurrent use.
func (a *Authority) DeleteToken(ctx context.Context, by Caller, id token.ID) error {
	return a.command(ctx, by, func(t *tx) error {
		if err := t.by.May(policy.AdministerTokens()...); err != nil {
			return err
		}
		v, err := t.live(id)
		if err != nil {
			return err
		}
		return t.remove(v)
	}, store.UseReserve, store.Everywhere)
}

// DeleteTokens removes the tokens with these ids as DeleteToken does: all of them or, if one is
// refused, none. It refuses with Invalid no id, one that comes twice, and more than 1000, or than
// one transaction of the store takes; with NotFound, naming it, a token that does not exist. It is
// safe for concurrent use.
func (a *Authority) DeleteTokens(ctx context.Context, by Caller, ids []token.ID) error {
	return a.command(ctx, by, func(t *tx) error {
		if err := policy.DeleteTokens(t.by, ids); err != nil {
			return err
		}
		tokens, err := t.among(ids)
		if err != nil {
			return err
		}
		for _, v := range tokens {
			if err := t.remove(v); err != nil {
				return err
			}
		}
		return nil
	}, store.UseReserve, store.Everywhere)
}

// among returns the tokens with these ids, those in their grace period first: a token takes the one
// in its shadow with it, which may be named as well.
func (t *tx) among(ids []token.ID) (all []token.Token, err error) {
	for place, id := range ids {
		v, ok, err := t.rows.Token(t, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, policy.NotAmong(id, place)
		}
		all = append(all, v)
	}
	slices.SortStableFunc(all, func(a, b token.Token) int { return strings.Compare(string(b.ReplacedBy), string(a.ReplacedBy)) })
	return all, nil
}

// remove deletes a token, and the one that works out its grace period in its shadow.
func (t *tx) remove(v token.Token) error {
	if err := t.endGrace(v, token.EndDeleted); err != nil {
		return err
	}
	if err := t.entomb(v, token.EndDeleted); err != nil {
		return err
	}
	if err := t.rows.RemoveToken(t, v); err != nil {
		return err
	}
	return t.record(audit.TokenChanged, v, []audit.Field{
		audit.One("tokenName", v.Name), audit.Many("oldPermissions", v.Permissions.Names()),
	})
}

// named completes a token that the policy has admitted.
func (a *Authority) named(t token.Token, id token.ID, s token.Secret) token.Token {
	t.ID = id
	t.DigestKey = a.keys.SealingID()
	t.Digest = a.keys.Digest(t.DigestKey, s)
	return t
}

// created tells when the first of its line was made: the entry's own time may be later, and
// a maximum that a policy sets counts from it.
func created(v token.Token) audit.Field { return audit.Moment("createdAt", v.CreatedAt) }
