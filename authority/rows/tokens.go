package rows

import (
	"fmt"

	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Token returns the token id as it is in the transaction, unless it is hidden. It is the only way
// to read one by its id: the row under a number is that of another id once the token was rotated,
// which may have been in this very transaction.
func (r *Rows) Token(tx store.Reader, id token.ID) (token.Token, bool, error) {
	n, ok := r.NumberOf(id)
	if !ok {
		return token.Token{}, false, nil
	}
	for _, inGrace := range []bool{false, true} {
		v, ok, err := r.Tokens.Get(tx, TokenKey(n, inGrace))
		if err != nil {
			return token.Token{}, false, err
		}
		if ok && v.ID == id && !v.Hidden() {
			return v, true, nil
		}
	}
	return token.Token{}, false, nil
}

// Predecessor returns the token that v replaced, if its row is there: it works out its grace
// period, or has expired and is hidden.
func (r *Rows) Predecessor(tx store.Reader, v token.Token) (token.Token, bool, error) {
	if v.Replaces == "" {
		return token.Token{}, false, nil
	}
	old, ok, err := r.Tokens.Get(tx, TokenKey(v.Number, true))
	return old, ok && old.ReplacedBy == v.ID, err
}

// stored returns the row that v, which may have been changed since, was read from.
func (r *Rows) stored(tx store.Reader, v token.Token) (token.Token, error) {
	old, err := r.Tokens.Require(tx, keyOfToken(v))
	if err == nil && old.ID != v.ID {
		err = fmt.Errorf("table %s: the row of the token %s is that of another", TokensTable, v.ID)
	}
	return old, err
}

// AddToken writes a token that was not there, or was hidden, under its number, counts it for its
// filter, and has its requests lead to it.
func (r *Rows) AddToken(w store.Writer, v token.Token) error {
	if err := r.bind(w, v.FilterID, 1); err != nil {
		return err
	}
	if err := r.lead(w, Made{Number: v.Number}, nil, RequestsOf(v)); err != nil {
		return err
	}
	return r.Tokens.Put(w, keyOfToken(v), v)
}

// ChangeToken writes a token that exists, in its slot. The filter may be another one than before.
func (r *Rows) ChangeToken(w store.Writer, v token.Token) error {
	old, err := r.stored(w, v)
	if err != nil {
		return err
	}
	return r.ChangeStored(w, old, v)
}

// ChangeStored writes v in the place of old, which is as it was stored.
func (r *Rows) ChangeStored(w store.Writer, old, v token.Token) error {
	if old.FilterID != v.FilterID {
		if err := r.bind(w, old.FilterID, -1); err != nil {
			return err
		}
		if err := r.bind(w, v.FilterID, 1); err != nil {
			return err
		}
	}
	if err := r.lead(w, Made{Number: v.Number}, RequestsOf(old), RequestsOf(v)); err != nil {
		return err
	}
	return r.Tokens.Put(w, keyOfToken(v), v)
}

// ShiftToGrace writes old, which is as it was stored, as v in the slot of its number for the string
// in its grace period, with its last use. Its own slot is free for its successor.
func (r *Rows) ShiftToGrace(w store.Writer, old, v token.Token) error {
	if err := r.ChangeStored(w, old, v); err != nil {
		return err
	}
	from, to := keyOfToken(old), keyOfToken(v)
	use, used, err := r.Uses.Get(w, from)
	if err != nil {
		return err
	}
	if used {
		if err := r.Uses.Put(w, to, use); err != nil {
			return err
		}
		if err := r.Uses.Delete(w, from); err != nil {
			return err
		}
	}
	return r.Tokens.Delete(w, from)
}

// RemoveToken deletes a token with all that hangs on it.
func (r *Rows) RemoveToken(w store.Writer, v token.Token) error {
	// v may have been judged: what counts is the filter that was written.
	old, err := r.stored(w, v)
	if err != nil {
		return err
	}
	return r.RemoveStored(w, old)
}

// RemoveStored deletes v, which is as it was stored, with all that hangs on it.
func (r *Rows) RemoveStored(w store.Writer, v token.Token) error {
	if !v.Hidden() {
		if err := r.bind(w, v.FilterID, -1); err != nil {
			return err
		}
	}
	if err := r.lead(w, Made{Number: v.Number}, RequestsOf(v), nil); err != nil {
		return err
	}
	if err := r.Uses.Delete(w, keyOfToken(v)); err != nil {
		return err
	}
	return r.Tokens.Delete(w, keyOfToken(v))
}

// NoteUse writes the last use of the token id, unless it was deleted meanwhile.
func (r *Rows) NoteUse(w store.Writer, id token.ID, u Use) error {
	v, ok, err := r.Token(w, id)
	if err != nil || !ok {
		return err
	}
	key := keyOfToken(v)
	if old, ok, err := r.Uses.Get(w, key); err == nil && ok && old.At > u.At {
		return nil // another node has seen a later one
	}
	return r.Uses.Put(w, key, u)
}

// bind counts how many tokens a filter binds, so that nobody has to walk all
// tokens to know whether a filter may be deleted.
func (r *Rows) bind(w store.Writer, id ipfilter.ID, by int) error {
	if id == "" {
		return nil
	}
	n, _, err := r.Bound.Get(w, string(id))
	if err != nil {
		return err
	}
	if n += uint64(by); n == 0 {
		return r.Bound.Delete(w, string(id))
	}
	return r.Bound.Put(w, string(id), n)
}

// HideToken writes v, which is hidden from now on: it binds its filter no more.
func (r *Rows) HideToken(w store.Writer, v token.Token) error {
	if err := r.bind(w, v.FilterID, -1); err != nil {
		return err
	}
	return r.Tokens.Put(w, keyOfToken(v), v)
}
