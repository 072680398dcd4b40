package integrity

import (
	"fmt"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/store"
	"tokenscale/token"
)

// A history is what the audit log tells of tokens, and of which there must be
// rows.
type history struct {
	of map[token.ID]*life
	at map[uint64]token.ID // who stands where, by audit.Effect.Place

	filters map[ipfilter.ID]ipfilter.Filter // as the newest entries tell, without requests
}

func newHistory() history {
	return history{map[token.ID]*life{}, map[uint64]token.ID{}, map[ipfilter.ID]ipfilter.Filter{}}
}

// filter returns what a filter has to be by the log, and whether it is something else.
func (t history) filter(f ipfilter.Filter) (told ipfilter.Filter, refuted bool) {
	told, known := t.filters[f.ID]
	told.Request = f.Request
	return told, known && told != f && f != lostFilter(f.ID)
}

// A life is what the audit log tells of one token.
type life struct {
	mentions    int // entries about it
	number      token.Number
	alive       bool
	permissions permission.Set
	seen        bool // its row was

	// What a part of the log tells for certain.
	begun, ended, allowed bool // that it was made, is gone, and has these permissions
}

func (l *life) begins() { l.alive, l.ended = true, false }
func (l *life) ends()   { l.alive, l.ended = false, true }

// refutes reports whether the audit log says that a token is not as its row is. If partly, what
// was read of the log ends with its newest entry, and begins anywhere.
func (l *life) refutes(v rows.StoredToken, partly bool) bool {
	if partly {
		return l.ended || l.begun && l.number != v.Number || l.allowed && l.permissions != v.Permissions
	}
	return !l.alive || l.number != v.Number || l.permissions != v.Permissions
}

func (t history) life(id token.ID) *life {
	if t.of[id] == nil {
		t.of[id] = &life{}
	}
	return t.of[id]
}

// read takes note of all that the audit log says, and of what each change of the policies did.
func (t history) read(all *rows.Rows, tx store.Reader, also func(audit.Entry)) error {
	return all.Entries.Each(tx, store.Range{}, func(_ []byte, e audit.Entry) error {
		also(e)
		t.learn(e)
		if _, ok := audit.TightenedOf(e); !ok {
			return nil
		}
		return all.EachPiece(tx, e.Seq, func(p audit.Piece) error {
			_, effects, err := audit.OpenPiece(p.Packed)
			for _, f := range effects {
				if f.Did == audit.Deleted {
					t.life(t.at[f.Place()]).ends()
				}
			}
			return err
		})
	})
}

// learn takes note of what one entry says.
func (t history) learn(e audit.Entry) {
	if e.Refused != "" || e.Type == audit.SessionEnded { // they change no token
		return
	}
	has := e.ByName()
	if e.Type == audit.FilterChanged {
		id := ipfilter.ID(has["ipFilterId"].Value)
		t.filters[id] = ipfilter.Filter{ID: id, Name: has["ipFilterName"].Value, Text: has["actionData"].Value}
		return
	}
	_, was := has["oldPermissions"]
	now, is := has["newPermissions"]
	if old := has["oldTokenId"].Value; old != "" {
		v := t.life(token.ID(old))
		v.mentions++
		if has["gracePeriodMs"].Value == "0" {
			v.ends()
		}
	}
	if e.TokenID == "" || e.TokenID == string(token.Root) {
		return
	}
	if e.Type == audit.Unsound { // it was found, not done
		return
	}
	v := t.life(token.ID(e.TokenID))
	v.mentions++
	if e.Begins() {
		v.begun = true
		v.number = token.Number(e.Number)
		t.at[audit.Effect{Number: e.Number, InGrace: true}.Place()] = token.ID(has["oldTokenId"].Value)
		t.at[audit.Effect{Number: e.Number}.Place()] = token.ID(e.TokenID)
	}
	switch {
	case e.Type == audit.ClockAccepted:
		v.begins() // it had expired only by a wrong clock
		v.permissions, v.allowed = named(now.List), true
	case is:
		if !was {
			v.begins()
		}
		v.permissions, v.allowed = named(now.List), true
	case was, e.Type == audit.TokenExpired:
		v.ends()
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
func (t history) compare(all *rows.Rows, tx store.Reader) error {
	if err := eachToken(all, tx, func(s rows.StoredToken, v token.Token, alive bool) error {
		told := t.of[s.ID]
		switch {
		case !alive && told != nil && told.alive:
			return fmt.Errorf("the policies have deleted the token %s, and the audit log does not know of that", s.ID)
		case !alive:
			return nil // its row goes with the next mending
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
	for id, told := range t.of {
		if told.alive && !told.seen {
			return fmt.Errorf("the audit log knows a token %s, and there is none", id)
		}
	}
	return nil
}

// checkHistory holds the tokens against the audit log, unless a part of that cannot be read: it may
// be the one that tells of them.
func (c *checker) checkHistory() error {
	if len(rows.LeftOut(c.r)) > 0 {
		return nil
	}
	t := newHistory()
	if err := t.read(c.rows, c.r, func(audit.Entry) {}); err != nil {
		return err
	}
	if err := t.compareFilters(c.rows, c.r); err != nil {
		return err
	}
	return t.compare(c.rows, c.r)
}

// compareFilters tells which filter is not what the audit log tells.
func (t history) compareFilters(all *rows.Rows, tx store.Reader) error {
	return all.Filters.Each(tx, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
		if _, refuted := t.filter(f); refuted {
			return fmt.Errorf("the IP filter %s has another name or other rules than the audit log says", f.ID)
		}
		return nil
	})
}
