package authority

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/store"
)

// EventQuery selects audit entries. Zero values select all.
type EventQuery struct {
	Types        []audit.Type
	Actor        string // a token id, or audit.ActorSystem
	TokenID      string
	Since, Until epoch.Millis // at or after Since, before Until
	Skip, Limit  int

	// Each, unless nil, is shown each entry of the page as it is read. It may
	// take out of it what is not wanted; a page of large ones would fill the
	// memory. An error ends the reading, and is what Events returns.
	Each func(*audit.Entry) error
}

// keep adds an entry to a page.
func (q EventQuery) keep(page []audit.Entry, e audit.Entry) ([]audit.Entry, error) {
	if q.Each != nil {
		if err := q.Each(&e); err != nil {
			return page, err
		}
	}
	return append(page, e), nil
}

// find returns one page of the entries that match q, newest first, and how
// many match in all.
func (tr trail) find(tx store.Reader, q EventQuery) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	if q.all() {
		return tr.newest(tx, q)
	}
	err = tr.walk(tx, q, func(e audit.Entry) (err error) {
		if q.Since != 0 && e.Time < q.Since {
			return store.Stop // time only falls from here on
		}
		if !q.matches(e) {
			return nil
		}
		if total >= q.Skip && len(page) < q.Limit {
			page, err = q.keep(page, e)
		}
		total++
		return err
	})
	return total, page, err
}

// all reports whether q selects every entry.
func (q EventQuery) all() bool {
	return len(q.Types) == 0 && q.Actor == "" && q.TokenID == "" && q.Since == 0 && q.Until == 0
}

// newest returns one page of all entries, and how many there are. It reads no
// other than those, as a log has millions.
func (tr trail) newest(tx store.Reader, q EventQuery) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	err = tx.Scan(tr.entries.name, store.Range{Reverse: true}, func(key, row []byte) error {
		if total++; total <= q.Skip || len(page) == q.Limit {
			return nil
		}
		e, err := tr.entries.decode(key, row)
		if err == nil {
			page, err = q.keep(page, e)
		}
		return err
	})
	return total, page, err
}

func (q EventQuery) matches(e audit.Entry) bool {
	return (q.Until == 0 || e.Time < q.Until) &&
		(q.Actor == "" || e.Actor.TokenID == q.Actor || q.Actor == audit.ActorSystem && e.Actor.Type == audit.ActorSystem) &&
		q.hasType(e.Type)
}

func (q EventQuery) hasType(t audit.Type) bool {
	for _, wanted := range q.Types {
		if wanted == t {
			return true
		}
	}
	return len(q.Types) == 0
}

// walk calls fn with the entries about q.TokenID, or with all, newest first.
func (tr trail) walk(tx store.Reader, q EventQuery, fn func(audit.Entry) error) error {
	if q.TokenID == "" {
		return tr.entries.each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error { return fn(e) })
	}
	about := store.Range{From: []byte(q.TokenID + "\x00"), To: []byte(q.TokenID + "\x01"), Reverse: true}
	return tr.subjects.each(tx, about, func(key []byte, _ struct{}) error {
		e, ok, err := tr.entries.get(tx, string(key[len(key)-8:]))
		if err == nil && !ok {
			err = errors.New("the index of the audit log names an entry that is not there")
		}
		if err != nil {
			return err
		}
		return fn(e)
	})
}
