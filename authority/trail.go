package authority

import (
	"encoding/binary"
	"fmt"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

// A trail keeps the audit entries: one table by number, one that finds the
// numbers of the entries about one token, and what proves them: the tree over
// them and signed checkpoints of it.
type trail struct{ rows *rows.Rows }

func newTrail(r *rows.Rows) trail { return newTrail(r) }

// append writes e under the next number, and under each of the tokens it is
// about. Time never runs backwards in the trail, whatever the clock does.
func (tr trail) append(tx store.Writer, e audit.Entry, about ...string) error {
	end, err := tr.end(tx)
	if err != nil {
		return err
	}
	return tr.appendAfter(end, tx, &e, about...)
}

// appendAll writes entries under the next numbers. It looks for the end of the
// log only once.
func (tr trail) appendAll(tx store.Writer, entries []audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	end, err := tr.end(tx)
	for i := 0; i < len(entries) && err == nil; i++ {
		err = tr.appendAfter(end, tx, &entries[i])
		end = logEnd{entries[i].Seq, entries[i].Time}
	}
	return err
}

// A logEnd is what the next entry follows: the number and the time of the last
// one, or zeros.
type logEnd struct {
	seq  uint64
	time epoch.Millis
}

// end reads no more of the last entry than what the next one needs: each
// change asks for it.
func (tr trail) end(tx store.Reader) (end logEnd, err error) {
	err = tx.Scan(rows.AuditTable, store.Range{Reverse: true}, func(key, row []byte) error {
		payload, err := tr.rows.Keys.Open(rows.AuditTable, key, row)
		if err != nil {
			return err
		}
		u := rows.Unpacker{In: payload}
		u.Expect(rows.Version)
		time := epoch.Millis(u.Number())
		if u.Err != nil || len(key) != 8 {
			return fmt.Errorf("table %s, key %q: %w", rows.AuditTable, key, rows.ErrMalformed)
		}
		end = logEnd{binary.BigEndian.Uint64(key), time}
		return store.Stop
	})
	return end, err
}

func (tr trail) appendAfter(end logEnd, tx store.Writer, e *audit.Entry, about ...string) error {
	e.Seq, e.Time = end.seq+1, max(e.Time, end.time)
	if err := tr.rows.Entries.Put(tx, rows.SeqKey(e.Seq), *e); err != nil {
		return err
	}
	if err := tr.grow(tx, e.Seq); err != nil {
		return err
	}
	if e.TokenID != "" {
		about = append(about, e.TokenID)
	}
	for _, id := range about {
		if err := tr.rows.Subjects.Put(tx, rows.SubjectKey(id, e.Seq), struct{}{}); err != nil {
			return err
		}
	}
	return nil
}

// last returns the newest entry, or the zero Entry if there is none.
func (tr trail) last(tx store.Reader) (audit.Entry, error) {
	var last audit.Entry
	err := tr.rows.Entries.Each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error {
		last = e
		return store.Stop
	})
	return last, err
}
