package authority

import (
	"tokenscale/ipfilter"
	"tokenscale/token"
)

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
