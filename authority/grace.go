package authority

import (
	"strconv"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// replace puts next in the place of old, which goes now or after its grace.
func (t *tx) replace(old, next token.Token, grace time.Duration) error {
	if err := t.endGrace(old, token.EndRotated); err != nil {
		return err
	}
	fields := append(ledger.Described(next), created(next),
		audit.One("oldTokenId", string(old.ID)),
		audit.One("newTokenId", string(next.ID)),
		audit.One("gracePeriodMs", strconv.FormatInt(grace.Milliseconds(), 10)))
	if grace == 0 {
		gone := old
		gone.ReplacedBy = next.ID
		if err := t.entomb(gone, token.EndRotated); err != nil {
			return err
		}
		if err := t.rows.RemoveToken(t, old); err != nil {
			return err
		}
	} else {
		stored := old
		old = policy.InGrace(old, next.ID, grace, t.now)
		old.RotatedBy, old.RotatedByName = t.by.ID, t.by.Name
		fields = append(fields, audit.Moment("oldExpireAt", old.ExpireAt))
		if err := t.rows.ShiftToGrace(t, stored, old); err != nil {
			return err
		}
	}
	if err := t.rows.AddToken(t, next); err != nil {
		return err
	}
	return t.record(audit.TokenRotated, next, fields)
}

// endGrace ends the grace period of the token that v replaced, so that at
// most two strings of one line ever work. If that has expired and is hidden, or
// a policy has deleted it, its entry is written; but its row goes all the same.
func (t *tx) endGrace(v token.Token, why token.EndReason) error {
	old, ok, err := t.rows.Predecessor(t, v)
	if err != nil || !ok {
		return err
	}
	if old.Works {
		if err := t.entomb(old.Now, why); err != nil {
			return err
		}
	}
	if err := t.rows.RemoveStored(t, old.Token); err != nil || !old.Works {
		return err
	}
	return t.record(audit.TokenChanged, old.Now, []audit.Field{
		audit.One("tokenName", old.Name), audit.One("successorId", string(v.ID)),
		audit.Many("oldPermissions", old.Permissions.Names()),
	})
}

// keepsPredecessor refuses to rotate v while the token that it replaced works.
func (t *tx) keepsPredecessor(v token.Token, x *index.Index) error {
	old, ok, err := t.rows.Predecessor(t, v)
	if err != nil || !ok || !old.Works || old.Now.Expired(t.now) {
		return err
	}
	var used epoch.Millis
	if e, ok := x.Find(old.ID); ok {
		used = e.LastUse().At
	}
	return policy.KeepsPredecessor(old.Now, used)
}

// entomb keeps what there is to know of a token that the actor ends, before its rows go.
func (t *tx) entomb(v token.Token, why token.EndReason) error {
	var used rows.Use
	if e, ok := t.index.Find(v.ID); ok {
		last := e.LastUse()
		used = rows.Use{At: last.At, From: last.From}
	}
	return t.rows.Entomb(t, v, rows.End{At: t.now, Why: why, By: t.by.ID, ByName: t.by.Name}, used)
}

// regrantInGrace gives the token that v replaced, if it still works out its
// grace, the permissions of v.
func (t *tx) regrantInGrace(v token.Token) error {
	old, ok, err := t.rows.Predecessor(t, v)
	if err != nil || !ok || !old.Works {
		return err
	}
	return t.regrant(old.Now, v.Permissions)
}

// annotateInGrace gives the token that v replaced, if it still works out its grace, the note of v.
func (t *tx) annotateInGrace(v token.Token) error {
	old, ok, err := t.rows.Predecessor(t, v)
	if err != nil || !ok || !old.Works {
		return err
	}
	return t.annotate(old.Now, v.Note)
}

// annotate changes the note of a token and nothing else.
func (t *tx) annotate(v token.Token, to string) error {
	was := v.Note
	v.Note = to
	if err := t.rows.ChangeToken(t, v); err != nil {
		return err
	}
	return t.record(audit.TokenChanged, v, []audit.Field{
		audit.One("tokenName", v.Name), audit.One("oldNote", was), audit.One("newNote", to),
	})
}

// regrant changes the permissions of a token and nothing else.
func (t *tx) regrant(v token.Token, to permission.Set) error {
	was := v.Permissions
	v.Permissions = to
	if err := t.rows.ChangeToken(t, v); err != nil {
		return err
	}
	return t.record(audit.TokenChanged, v, []audit.Field{
		audit.One("tokenName", v.Name),
		audit.Many("oldPermissions", was.Names()),
		audit.Many("newPermissions", to.Names()),
	})
}
