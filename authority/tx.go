package authority

import (
	"context"
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/archive"
	"tokenscale/authority/index"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A tx is one decision under way: the rows as they are now, who decides, and
// when. The commands are written in its terms.
type tx struct {
	store.Writer
	rows   rows.Present // with the policies as they are now
	ledger ledger.Ledger
	index  *index.Index // for last uses, which come to the rows by the minute
	action string       // the name of the mutation
	now    epoch.Millis
	by     policy.Actor // the actor as it is now, not as it was when the request began
	own    token.Token  // the actor's token; nothing for root
}

// command carries out one decision of by in one transaction. If decide
// refuses, nothing is changed, and the refusal is written down by itself.
//
// decide may run twice: it must not read the clock, roll dice or talk to the
// world.
func (a *Authority) command(ctx context.Context, by Caller, decide func(*tx) error, how ...store.Option) error {
	now := a.clock()
	err := a.store.Update(ctx, func(w store.Writer) error {
		t, err := a.begin(w, by, now)
		if err != nil {
			return err
		}
		return decide(t)
	}, how...)
	err = a.explain(ctx, err)
	a.counts.command(by.Action, fault.CodeOf(err), err == nil)
	if err != nil {
		a.RecordRefusal(ctx, by, err)
	}
	return err
}

func (a *Authority) begin(w store.Writer, by Caller, now epoch.Millis) (*tx, error) {
	present, err := a.rows.Present(w)
	if err != nil {
		return nil, err
	}
	t := &tx{Writer: w, rows: present, ledger: a.ledger, index: a.index, action: by.Action, now: now}
	return t, t.refresh(by.Actor, a.index)
}

// refresh finds out who the actor is now: its token may have been deleted,
// expired or lost permissions since the request began.
func (t *tx) refresh(by policy.Actor, filters policy.Filters) error {
	if by.Root {
		t.by = by
		return nil
	}
	own, ok, err := t.rows.Token(t, by.ID)
	if err != nil {
		return err
	}
	actor, outcome := t.rows.History.System.Usable(own, filters, by.IP, t.now)
	if !ok || outcome != policy.Accepted {
		return fault.New(fault.Unauthenticated, "The supplied authentication is invalid")
	}
	actor.IP, actor.RequestID = by.IP, by.RequestID
	t.by, t.own = actor, own
	return nil
}

// record writes an audit entry of this decision, about a token unless subject is
// the zero Token.
func (t *tx) record(kind audit.Type, subject token.Token, fields []audit.Field) error {
	return t.ledger.Append(t, t.entry(kind, subject, fields))
}

func (t *tx) entry(kind audit.Type, subject token.Token, fields []audit.Field) audit.Entry {
	return audit.Entry{
		Time: t.now, Type: kind, Action: t.action, Sensitive: true,
		Actor: ledger.Actor(t.by), TokenID: string(subject.ID), Number: uint64(subject.Number), Fields: fields,
	}
}

// live returns the token id as it is now.
//
// Refusals never repeat what the caller gave as an id: it might be a whole
// token string.
func (t *tx) live(id token.ID) (token.Token, error) {
	v, ok, err := t.rows.Token(t, id)
	if err != nil {
		return token.Token{}, err
	}
	if !ok {
		return token.Token{}, noToken(string(id))
	}
	return v, nil
}

func (t *tx) filter(id ipfilter.ID) (ipfilter.Filter, error) {
	f, ok, err := t.rows.Filters.Get(t, rowKey(id))
	if err == nil && !ok {
		err = noFilter()
	}
	return f, err
}

// knowsFilter refuses an input that names a filter that does not exist.
func (t *tx) knowsFilter(field string, id ipfilter.ID) error {
	if id == "" {
		return nil
	}
	_, ok, err := t.rows.Filters.Get(t, rowKey(id))
	if err == nil && !ok {
		err = fault.Input(field, "There is no IP filter with this id.")
	}
	return err
}

// rowKey turns what a caller gave as an id into a key that the store can
// hold. An id longer than any is no id.
func rowKey[ID ~string](id ID) string {
	if len(id) == 0 || len(id) > token.MaxLength {
		return "-"
	}
	return string(id)
}

const rewoundText = "etcd is older than it was, or another one stands in its place, so this node answers for no token, and stops. If that was done on purpose, start each node once with --accept-rollback."

// explain turns what the store says into what the caller can be told.
func (a *Authority) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrSeal):
		a.scrub.Notice(ctx, err)
	case errors.Is(err, rows.ErrPast):
		a.log.ErrorContext(ctx, "a part of the audit log cannot be read", "err", err)
		return archive.Refusal(err)
	case errors.Is(err, store.ErrReadOnly):
		return fault.New(fault.Unavailable, "The disk of the server is read-only, so nothing was changed; it only verifies tokens. Make its data folder writable and start it again.")
	case errors.Is(err, store.ErrRewound):
		a.log.ErrorContext(ctx, "etcd went back", "err", err)
		if errors.Is(err, store.ErrInDoubt) {
			return fault.New(fault.Unavailable, rewoundText+" Whether this change is in one of the two is in doubt.")
		}
		return fault.New(fault.Unavailable, rewoundText+" Nothing was changed.")
	case a.door != nil && errors.Is(err, store.ErrUnavailable):
		a.log.ErrorContext(ctx, "etcd does not answer", "err", err)
		return fault.New(fault.Unavailable, "etcd has no quorum, or this node cannot reach it, so nothing was changed. Ask another node, or try again in a moment.")
	case a.door != nil && errors.Is(err, store.ErrInDoubt) && !errors.Is(err, store.ErrStopped):
		a.log.ErrorContext(ctx, "etcd has not answered whether a change was stored", "err", err)
		return fault.New(fault.Unavailable, "etcd has no quorum, or did not answer in time. Whether this change was made is in doubt: look before you try it again.")
	case errors.Is(err, store.ErrInDoubt):
		a.log.ErrorContext(ctx, "it is in doubt whether a change was stored", "err", err)
		return fault.New(fault.Unavailable, "The server has stopped taking changes because its disk failed. Whether this change was stored is in doubt; look again after the server was restarted.")
	case errors.Is(err, store.ErrStopped):
		a.log.ErrorContext(ctx, "the store has stopped taking changes", "err", err)
		return fault.New(fault.Unavailable, "The server has stopped taking changes because its disk failed, so nothing was changed. Try again after the server was restarted.")
	case errors.Is(err, store.ErrLarge):
		return fault.New(fault.Invalid, "This changes more at once than the store of a cluster takes, so nothing was changed. Do it in several smaller steps.")
	case a.door != nil && errors.Is(err, store.ErrFull):
		a.log.ErrorContext(ctx, "etcd is nearly full", "err", err)
		return fault.New(fault.Unavailable, "etcd is full or nearly so, so nothing was changed. Make room in it, and end the alarm if it has one; what takes rights away goes on until etcd itself takes nothing.")
	case errors.Is(err, store.ErrFull):
		a.log.ErrorContext(ctx, "the store is full", "err", err)
		return fault.New(fault.Unavailable, "The store is full, so nothing was changed. Deleting tokens still works; more space must be given to the server, or to etcd.")
	case errors.Is(err, store.ErrClosed):
		return fault.New(fault.Unavailable, "The server is stopping, so nothing was changed. Try again in a moment.")
	case errors.Is(err, context.DeadlineExceeded): // only queries have one
		return fault.New(fault.Unavailable, "This took too long and was given up. Ask for less: for a shorter time, or for one thing in a request.")
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Unavailable, "The request ended before its turn came, so nothing was changed. Try again.")
	}
	return err
}

func noToken(given string) error {
	switch token.FindLeak(given) {
	case token.WholeLeak:
		return fault.New(fault.NotFound, "There is no token with this id. What was given is a whole token string: give only the part before the ~, and treat the string as leaked.")
	case token.HalfLeak:
		return fault.New(fault.NotFound, "There is no token with this id. What was given holds what may be the secret half of a token: give the part before the ~, and treat the token as leaked.")
	}
	return fault.New(fault.NotFound, "There is no token with this id.")
}

func noFilter() error { return fault.New(fault.NotFound, "There is no IP filter with this id.") }

// A Caller is who asks for a command, and with which request.
type Caller struct {
	Actor  policy.Actor
	Action string // the name of the mutation, for the audit log

	// About is what the change was to be made to, as the caller names it; anything, or nothing. If
	// it is the id of a token, and the change is refused, the token's history tells of it.
	About token.ID

	// IdempotencyKey, if not empty, has a command that makes a token or an IP filter, or rotates
	// a token, make it at most once. If the same actor asks for the same with the same key,
	// nothing is made, and the refusal has the code Conflict and names what was made the first
	// time. So is the refusal of another request with that key. Other commands ignore it.
	IdempotencyKey string
}
