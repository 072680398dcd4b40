package ledger

import (
	"cmp"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/token"
)

// What a change of the policies did stands under numbers and slots. Which string of a token stood
// there by then, the entries before it tell.

// A subject is what the log tells of one string of a token.
type subject struct {
	id          string
	name        string
	createdAt   epoch.Millis
	permissions []string
}

// A lineage is who stands in the two slots of a number.
type lineage struct{ current, inGrace subject }

// in returns who stands in a slot; nobody has no id.
func (g lineage) in(inGrace bool) subject {
	if inGrace {
		return g.inGrace
	}
	return g.current
}

// lineage returns who stood in the slots of a number when the entry before was written.
func (l Ledger) lineage(tx store.Reader, n token.Number, before uint64) (g lineage, err error) {
	about := store.Range{From: []byte(rows.SubjectKey(n, 0)), To: []byte(rows.SubjectKey(n, before))}
	err = l.rows.Subjects.Each(tx, about, func(key []byte, held token.ID) error {
		_, seq, _ := rows.ParseSubjectKey(key)
		if seq == 0 { // all that is left of an entry that was lost
			g.current.id = string(held)
			return nil
		}
		e, _, err := l.rows.Entries.Get(tx, rows.SeqKey(seq))
		g.learn(e)
		return err
	})
	return g, err
}

// NameOf returns the name of the token with a number, which may be gone for long; it is empty if no
// entry tells it.
func (l Ledger) NameOf(tx store.Reader, n token.Number) (name string, err error) {
	tx = l.rows.Whole(tx)
	about := store.Range{From: []byte(rows.SubjectKey(n, 1)), To: []byte(rows.SubjectKey(n+1, 0))}
	err = l.rows.Subjects.Each(tx, about, func(key []byte, _ token.ID) error {
		_, seq, _ := rows.ParseSubjectKey(key)
		e, _, err := l.rows.Entries.Get(tx, rows.SeqKey(seq))
		if err != nil || !e.Begins() {
			return err
		}
		name = e.ByName()["tokenName"].Value
		return store.Stop
	})
	return name, err
}

// learn takes note of what an entry about the number says.
func (g *lineage) learn(e audit.Entry) {
	has := e.ByName()
	now, is := has["newPermissions"]
	_, was := has["oldPermissions"]
	switch {
	case e.Begins():
		if e.Type == audit.TokenRotated {
			g.inGrace = g.current
			if has["gracePeriodMs"].Value == "0" {
				g.inGrace = subject{}
			}
		}
		ms, _ := strconv.ParseInt(has["createdAt"].Value, 10, 64)
		g.current = subject{e.TokenID, has["tokenName"].Value, epoch.Millis(cmp.Or(ms, int64(e.Time))), now.List}
	case e.Refused != "" || e.Type != audit.TokenChanged || !was:
	case is:
		g.each(e.TokenID, func(s *subject) { s.permissions = now.List })
	default:
		g.each(e.TokenID, func(s *subject) { *s = subject{} })
	}
}

// each calls fn with the one that has the id, if it is there.
func (g *lineage) each(id string, fn func(*subject)) {
	for _, s := range []*subject{&g.current, &g.inGrace} {
		if s.id == id {
			fn(s)
		}
	}
}
