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
	tx = l.rows.Whole(tx)
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
// other than those, as a log has millions. Of what has left the store it counts
// by the rows of the segments.
func (l Ledger) newest(tx store.Reader, q audit.Query) (total int, page []audit.Entry, err error) {
	page = []audit.Entry{}
	last, err := l.rows.LastSegment(tx)
	if err != nil {
		return 0, page, err
	}
	take := func(key, row []byte) error {
		if total++; total <= q.Skip || len(page) == q.Limit {
			return nil
		}
		e, err := l.rows.Entries.Decode(key, row)
		if err == nil {
			page, err = q.Keep(page, e)
		}
		return err
	}
	err = tx.Scan(l.rows.Entries.Name, store.Range{From: []byte(rows.SeqKey(last.Last + 1)), Reverse: true}, take)
	if err != nil || last.Number == 0 {
		return total, page, err
	}
	err = l.rows.Segments.Each(tx, store.Range{Reverse: true}, func(_ []byte, s rows.Segment) error {
		if behind := total + int(s.Entries); behind <= q.Skip || len(page) == q.Limit {
			total = behind
			return nil
		}
		some := store.Range{From: []byte(rows.SeqKey(s.First)), To: []byte(rows.SeqKey(s.Last + 1)), Reverse: true}
		return tx.Scan(l.rows.Entries.Name, some, take)
	})
	return total, page, err
}

// walk calls fn with the entries about q.TokenID, and with what changes of the policies did to it,
// or with all entries, newest first.
func (l Ledger) walk(tx store.Reader, q audit.Query, fn func(audit.Entry) error) error {
	if q.TokenID == "" {
		return l.rows.Entries.Each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error { return fn(e) })
	}
	seqs, err := l.rows.EntriesOf(tx, token.ID(q.TokenID))
	if err != nil {
		return err
	}
	effects, err := l.effectsOn(tx, token.ID(q.TokenID), q.AllStrings)
	if err != nil {
		return err
	}
	for len(seqs)+len(effects) > 0 && err == nil {
		if len(effects) > 0 && (len(seqs) == 0 || effects[0].Seq > seqs[0]) {
			err, effects = fn(effects[0]), effects[1:]
			continue
		}
		err, seqs = l.about(tx, q, seqs[0], fn), seqs[1:]
	}
	if errors.Is(err, store.Stop) {
		return nil
	}
	return err
}

// about calls fn with the entry seq, if it is about the token: those with a number are about some
// id of it.
func (l Ledger) about(tx store.Reader, q audit.Query, seq uint64, fn func(audit.Entry) error) error {
	e, ok, err := l.rows.Entries.Get(tx, rows.SeqKey(seq))
	if err == nil && !ok {
		err = errors.New("the index of the audit log names an entry that is not there")
	}
	if err != nil || !e.About(q.TokenID) && (!q.AllStrings || e.Number == 0) {
		return err
	}
	return fn(e)
}
