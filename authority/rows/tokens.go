package rows

import (
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// AddToken writes a new token, counts it for its filter, and has its requests lead to it.
func (r *Rows) AddToken(w store.Writer, v token.Token) error {
	if err := r.bind(w, v.FilterID, 1); err != nil {
		return err
	}
	if err := r.lead(w, string(v.ID), nil, RequestsOf(v)); err != nil {
		return err
	}
	return r.Tokens.Put(w, string(v.ID), v)
}

// ChangeToken writes a token that exists. The filter may be another one than before.
func (r *Rows) ChangeToken(w store.Writer, v token.Token) error {
	stored, _, err := r.Tokens.Get(w, string(v.ID))
	if err != nil {
		return err
	}
	return r.ChangeStored(w, stored, v)
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
	if err := r.lead(w, string(v.ID), RequestsOf(old), RequestsOf(v)); err != nil {
		return err
	}
	return r.Tokens.Put(w, string(v.ID), v)
}

// RemoveToken deletes a token with all that hangs on it.
func (r *Rows) RemoveToken(w store.Writer, v token.Token) error {
	// v may have been judged: what counts is the filter that was written.
	stored, _, err := r.Tokens.Get(w, string(v.ID))
	if err != nil {
		return err
	}
	return r.RemoveStored(w, stored)
}

// RemoveStored deletes v, which is as it was stored.
func (r *Rows) RemoveStored(w store.Writer, v token.Token) error {
	if err := r.bind(w, v.FilterID, -1); err != nil {
		return err
	}
	if err := r.lead(w, string(v.ID), RequestsOf(v), nil); err != nil {
		return err
	}
	if err := r.Uses.Delete(w, string(v.ID)); err != nil {
		return err
	}
	return r.Tokens.Delete(w, string(v.ID))
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
	return r.Tokens.Put(w, string(v.ID), v)
}

// RemoveHidden deletes v, which is hidden and as it was stored, with all that hangs on it.
func (r *Rows) RemoveHidden(w store.Writer, v token.Token) error {
	if err := r.lead(w, string(v.ID), RequestsOf(v), nil); err != nil {
		return err
	}
	if err := r.Uses.Delete(w, string(v.ID)); err != nil {
		return err
	}
	return r.Tokens.Delete(w, string(v.ID))
}

// Token returns the token id, unless it is hidden.
func (r *Rows) Token(tx store.Reader, id token.ID) (token.Token, bool, error) {
	v, ok, err := r.Tokens.Get(tx, string(id))
	if ok && v.Hidden() {
		return token.Token{}, false, nil
	}
	return v, ok, err
}
