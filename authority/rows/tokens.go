package rows

import (
	"fmt"
	"slices"

	"tokenscale/authority/keyring"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A StoredToken is a token as it was written. What it is now follows from the history of the
// policies: all that came after its stamp has changed it since, or deleted it.
type StoredToken struct {
	token.Token
	Stamp uint64 // the newest tightening of the policies that it satisfies
}

// foreignStamp is why a row is not believed that was written when the policies had a past that they
// know no more, or a future.
const foreignStamp = "its seal is sound, but its stamp is outside the history of the security policies: an older row was put in its place"

// Present are the rows as they are in one transaction, by the history of the policies that it read.
// Commands read and write tokens only through it. It is good until the transaction changes the
// policies.
type Present struct {
	*Rows
	History policy.History
}

// Present returns the rows as they are in tx.
func (r *Rows) Present(tx store.Reader) (Present, error) {
	h, err := r.Policies.Require(tx, PoliciesKey)
	if err != nil {
		return Present{}, err
	}
	return Present{r, h}, nil
}

// Now returns what a stored token is, and whether it lives. A row with a stamp outside the history
// is damaged: it would get past what it never met.
func (p Present) Now(s StoredToken) (v token.Token, alive bool, err error) {
	v, alive, known := p.History.Fold(s.Token, s.Stamp)
	if !known {
		return v, false, named(keyring.Damaged(TokensTable, []byte(keyOfToken(s.Token)), foreignStamp))
	}
	return v, alive, nil
}

// at returns the token under a key as it is now. There is a row, but no token, if the policies have
// deleted it.
func (p Present) at(tx store.Reader, key string) (v token.Token, alive bool, err error) {
	s, ok, err := p.Tokens.Get(tx, key)
	if err != nil || !ok {
		return token.Token{}, false, err
	}
	return p.Now(s)
}

// Token returns the token id as it is in the transaction, unless it is hidden. It is the only way
// to read one by its id: the row under a number is that of another id once the token was rotated,
// which may have been in this very transaction.
func (p Present) Token(tx store.Reader, id token.ID) (token.Token, bool, error) {
	n, ok := p.NumberOf(id)
	if !ok {
		return token.Token{}, false, nil
	}
	for _, inGrace := range []bool{false, true} {
		v, alive, err := p.at(tx, TokenKey(n, inGrace))
		if err != nil {
			return token.Token{}, false, err
		}
		if alive && v.ID == id && !v.Hidden() {
			return v, true, nil
		}
	}
	return token.Token{}, false, nil
}

// A Predecessor is the row of the token that another one replaced: it works out its grace period,
// or it has expired and is hidden, or the policies have deleted it.
type Predecessor struct {
	StoredToken
	Now   token.Token // as it is now
	Works bool        // whether it works out its grace period, or is listed as expired
}

// Predecessor returns the token that v replaced, if its row is there.
func (p Present) Predecessor(tx store.Reader, v token.Token) (old Predecessor, ok bool, err error) {
	if v.Replaces == "" {
		return old, false, nil
	}
	old.StoredToken, ok, err = p.Tokens.Get(tx, TokenKey(v.Number, true))
	if err != nil || !ok || old.ReplacedBy != v.ID {
		return old, false, err
	}
	old.Now, old.Works, err = p.Now(old.StoredToken)
	old.Works = old.Works && !old.Hidden()
	return old, true, err
}

// A MadeToken is what is there under a number for a request that came with an idempotency key.
type MadeToken struct {
	token.Token      // what was made, if it is there
	There       bool // whether it is
	Deleted     bool // whether the policies have deleted it, and its row is not gone yet
	Other       bool // whether another token of the number is there
}

// MadeBy returns the token with the number that was made with the request, a hidden one as well.
func (p Present) MadeBy(tx store.Reader, n token.Number, request string) (m MadeToken, err error) {
	for _, inGrace := range []bool{false, true} {
		s, there, err := p.Tokens.Get(tx, TokenKey(n, inGrace))
		if err != nil {
			return m, err
		}
		if !there {
			continue
		}
		v, alive, err := p.Now(s)
		switch {
		case err != nil:
			return m, err
		case !slices.Contains(RequestsOf(s.Token), request):
			m.Other = m.Other || alive
		default:
			return MadeToken{Token: v, There: alive, Deleted: !alive}, nil
		}
	}
	return m, nil
}

// put writes v as it is now.
func (p Present) put(w store.Writer, v token.Token) error {
	return p.Tokens.Put(w, keyOfToken(v), StoredToken{v, p.History.Newest})
}

// stored returns the row that v, which may have been changed since, was read from.
func (r *Rows) stored(tx store.Reader, v token.Token) (token.Token, error) {
	old, err := r.Tokens.Require(tx, keyOfToken(v))
	if err == nil && old.ID != v.ID {
		err = fmt.Errorf("table %s: the row of the token %s is that of another", TokensTable, v.ID)
	}
	return old.Token, err
}

// AddToken writes a token that was not there, or was hidden, under its number, and has its requests
// lead to it.
func (p Present) AddToken(w store.Writer, v token.Token) error {
	if err := p.lead(w, Made{Number: v.Number}, nil, RequestsOf(v)); err != nil {
		return err
	}
	return p.put(w, v)
}

// ChangeToken writes a token that exists, in its slot.
func (p Present) ChangeToken(w store.Writer, v token.Token) error {
	old, err := p.stored(w, v)
	if err != nil {
		return err
	}
	return p.ChangeStored(w, old, v)
}

// ChangeStored writes v in the place of old, which is as it was stored.
func (p Present) ChangeStored(w store.Writer, old, v token.Token) error {
	if err := p.lead(w, Made{Number: v.Number}, RequestsOf(old), RequestsOf(v)); err != nil {
		return err
	}
	return p.put(w, v)
}

// ShiftToGrace writes old as v in the slot of its number for the string in its grace period, with
// its last use. Its own slot is free for its successor.
func (p Present) ShiftToGrace(w store.Writer, old, v token.Token) error {
	if err := p.ChangeStored(w, old, v); err != nil {
		return err
	}
	from, to := keyOfToken(old), keyOfToken(v)
	use, used, err := p.Uses.Get(w, from)
	if err != nil {
		return err
	}
	if used {
		if err := p.Uses.Put(w, to, use); err != nil {
			return err
		}
		if err := p.Uses.Delete(w, from); err != nil {
			return err
		}
	}
	return p.Tokens.Delete(w, from)
}

// HideToken writes v, which is hidden from now on.
func (p Present) HideToken(w store.Writer, v token.Token) error { return p.put(w, v) }

// RemoveToken deletes a token with all that hangs on it.
func (r *Rows) RemoveToken(w store.Writer, v token.Token) error {
	old, err := r.stored(w, v)
	if err != nil {
		return err
	}
	return r.RemoveStored(w, old)
}

// RemoveStored deletes v, which is as it was stored, with all that hangs on it.
func (r *Rows) RemoveStored(w store.Writer, v token.Token) error {
	if err := r.lead(w, Made{Number: v.Number}, RequestsOf(v), nil); err != nil {
		return err
	}
	if err := r.Uses.Delete(w, keyOfToken(v)); err != nil {
		return err
	}
	return r.Tokens.Delete(w, keyOfToken(v))
}

// NoteUse writes the last use of the token id, unless it was deleted meanwhile.
func (p Present) NoteUse(w store.Writer, id token.ID, u Use) error {
	v, ok, err := p.Token(w, id)
	if err != nil || !ok {
		return err
	}
	key := keyOfToken(v)
	if old, ok, err := p.Uses.Get(w, key); err == nil && ok && old.At >= u.At {
		return nil // another node has seen that, or a later one
	}
	return p.Uses.Put(w, key, u)
}

// Mend brings a row up to date: the token as it is now takes its place, or nothing if the policies
// have deleted it.
func (p Present) Mend(w store.Writer, s StoredToken) error {
	v, alive, err := p.Now(s)
	switch {
	case err != nil:
		return err
	case !alive:
		return p.RemoveStored(w, s.Token)
	}
	return p.put(w, v)
}
