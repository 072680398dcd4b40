package integrity

import (
	"fmt"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/permission"
	"tokenscale/store"
	"tokenscale/token"
)

// A history is what the audit log tells of tokens, and of which there must be
// rows.
type history map[token.ID]*life

// A life is what the audit log tells of one token.
type life struct {
	mentions    int // entries about it
	number      token.Number
	alive       bool
	permissions permission.Set
	seen        bool // its row was
}

func (t history) of(id token.ID) *life {
	if t[id] == nil {
		t[id] = &life{}
	}
	return t[id]
}

// learn takes note of what one entry says.
func (t history) learn(e audit.Entry) {
	if e.Refused != "" || e.Type == audit.SessionEnded { // they change no token
		return
	}
	has := e.ByName()
	_, was := has["oldPermissions"]
	now, is := has["newPermissions"]
	if old := has["oldTokenId"].Value; old != "" {
		v := t.of(token.ID(old))
		v.mentions++
		v.alive = v.alive && has["gracePeriodMs"].Value != "0"
	}
	if e.TokenID == "" || e.TokenID == string(token.Root) {
		return
	}
	if e.Type == audit.Unsound { // it was found, not done
		return
	}
	v := t.of(token.ID(e.TokenID))
	v.mentions++
	if e.Begins() {
		v.number = token.Number(e.Number)
	}
	switch {
	case e.Type == audit.ClockAccepted:
		v.alive, v.permissions = true, named(now.List) // it had expired only by a wrong clock
	case is:
		v.alive = v.alive || !was
		v.permissions = named(now.List)
	case was, e.Type == audit.TokenExpired:
		v.alive = false
	}
}

func named(names []string) permission.Set {
	var s permission.Set
	for _, name := range names {
		if p, ok := permission.Parse(name); ok {
			s |= permission.Of(p)
		}
	}
	return s
}

// compare tells where the rows are not what the audit log tells.
func (t history) compare(tokens rows.Table[token.Token], tx store.Reader) error {
	if err := tokens.Each(tx, store.Range{}, func(_ []byte, v token.Token) error {
		told := t[v.ID]
		switch {
		case v.Hidden() && told != nil && told.alive:
			return fmt.Errorf("the token %s is hidden, and the audit log does not know that it expired", v.ID)
		case v.Hidden():
			return nil // it has expired, and its row stays for some time
		case told == nil || !told.alive:
			return fmt.Errorf("there is a token %s, and the audit log knows of none", v.ID)
		case told.number != v.Number:
			return fmt.Errorf("the token %s stands under the number %d, and the audit log says %d", v.ID, v.Number, told.number)
		case told.permissions != v.Permissions:
			return fmt.Errorf("the token %s has other permissions than the audit log says", v.ID)
		}
		told.seen = true
		return nil
	}); err != nil {
		return err
	}
	for id, told := range t {
		if told.alive && !told.seen {
			return fmt.Errorf("the audit log knows a token %s, and there is none", id)
		}
	}
	return nil
}

// checkTale holds the tokens against the audit log.
func (c *checker) checkHistory() error {
	t := history{}
	if err := c.rows.Entries.Each(c.r, store.Range{}, func(_ []byte, e audit.Entry) error {
		t.learn(e)
		return nil
	}); err != nil {
		return err
	}
	return t.compare(c.rows.Tokens, c.r)
}
