package ledger

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// Find returns one page of the entries that match q, newest first, and how
// many match in all.
func (l Ledger) Find(tx store.Reader, q audit.Query) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	if q.All() {
		return l.newest(tx, q)
	}
	err = l.walk(tx, q, func(e audit.Entry) (err error) {
		if q.Since != 0 && e.Time < q.Since {
			return store.Stop // time only falls from here on
		}
		if !q.Matches(e) {
			return nil
		}
		if total >= q.Skip && len(page) < q.Limit {
			page, err = q.Keep(page, e)
		}
		total++
		return err
	})
	return total, page, err
}

// newest returns one page of all entries, and how many there are. It reads no
// other than those, as a log has millions.
func (l Ledger) newest(tx store.Reader, q audit.Query) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	err = tx.Scan(l.rows.Entries.Name, store.Range{Reverse: true}, func(key, row []byte) error {
		if total++; total <= q.Skip || len(page) == q.Limit {
			return nil
		}
		e, err := l.rows.Entries.Decode(key, row)
		if err == nil {
			page, err = q.Keep(page, e)
		}
		return err
	})
	return total, page, err
}

// walk calls fn with the entries about q.TokenID, or with all, newest first.
func (l Ledger) walk(tx store.Reader, q audit.Query, fn func(audit.Entry) error) error {
	if q.TokenID == "" {
		return l.rows.Entries.Each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error { return fn(e) })
	}
	seqs, err := l.rows.EntriesOf(tx, token.ID(q.TokenID))
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		e, ok, err := l.rows.Entries.Get(tx, rows.SeqKey(seq))
		if err == nil && !ok {
			err = errors.New("the index of the audit log names an entry that is not there")
		}
		if err == nil && e.About(q.TokenID) {
			err = fn(e)
		}
		if errors.Is(err, store.Stop) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
