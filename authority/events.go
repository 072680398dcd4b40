package authority

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/store"
)

// find returns one page of the entries that match q, newest first, and how
// many match in all.
func (tr trail) find(tx store.Reader, q audit.Query) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	if q.All() {
		return tr.newest(tx, q.Skip, q.Limit)
	}
	err = tr.walk(tx, q, func(e audit.Entry) error {
		if q.Since != 0 && e.Time < q.Since {
			return store.Stop // time only falls from here on
		}
		if !q.Matches(e) {
			return nil
		}
		if total >= q.Skip && len(page) < q.Limit {
			page = append(page, e)
		}
		total++
		return nil
	})
	return total, page, err
}

// newest returns one page of all entries, and how many there are. It reads no
// other than those, as a log has millions.
func (tr trail) newest(tx store.Reader, skip, limit int) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	err = tx.Scan(tr.rows.Entries.Name, store.Range{Reverse: true}, func(key, row []byte) error {
		if total++; total <= skip || len(page) == limit {
			return nil
		}
		e, err := tr.rows.Entries.Decode(key, row)
		page = append(page, e)
		return err
	})
	return total, page, err
}

// walk calls fn with the entries about q.TokenID, or with all, newest first.
func (tr trail) walk(tx store.Reader, q audit.Query, fn func(audit.Entry) error) error {
	if q.TokenID == "" {
		return tr.rows.Entries.Each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error { return fn(e) })
	}
	about := store.Range{From: []byte(q.TokenID + "\x00"), To: []byte(q.TokenID + "\x01"), Reverse: true}
	return tr.rows.Subjects.Each(tx, about, func(key []byte, _ struct{}) error {
		e, ok, err := tr.rows.Entries.Get(tx, string(key[len(key)-8:]))
		if err == nil && !ok {
			err = errors.New("the index of the audit log names an entry that is not there")
		}
		if err != nil {
			return err
		}
		return fn(e)
	})
}
