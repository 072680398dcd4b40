package ledger

import (
	"encoding/binary"
	"fmt"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/token"
)

// A Ledger keeps the audit entries: one table by number, one that finds the
// numbers of the entries about one token, and what proves them: the tree over
// them and signed checkpoints of it.
type Ledger struct{ rows *rows.Rows }

// New returns the audit log in the tables.
func New(r *rows.Rows) Ledger { return Ledger{r} }

// Append writes e under the next number, so that it is found by the token it is
// about. Time never runs backwards in the log, whatever the clock does.
//
// e.Number must be set if the token is not in the live index: because it is new
// in this transaction, or hidden.
func (l Ledger) Append(tx store.Writer, e audit.Entry) error {
	end, err := l.end(tx)
	if err != nil {
		return err
	}
	return l.appendAfter(end, tx, &e)
}

// AppendChange writes the entry of a change of the policies, and what it did to each token, of
// which e names the hashes.
func (l Ledger) AppendChange(tx store.Writer, e audit.Entry, pieces []audit.Piece) error {
	end, err := l.end(tx)
	if err != nil {
		return err
	}
	if err := l.appendAfter(end, tx, &e); err != nil {
		return err
	}
	return l.rows.AddEvidence(tx, e.Seq, pieces)
}

// AppendAll writes entries under the next numbers. It looks for the end of the
// log only once.
func (l Ledger) AppendAll(tx store.Writer, entries []audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	end, err := l.end(tx)
	for i := 0; i < len(entries) && err == nil; i++ {
		err = l.appendAfter(end, tx, &entries[i])
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
func (l Ledger) end(tx store.Reader) (end logEnd, err error) {
	err = tx.Scan(rows.AuditTable, store.Range{Reverse: true, One: true}, func(key, row []byte) error {
		payload, err := l.rows.Keys.Open(rows.AuditTable, key, row)
		if err != nil {
			return err
		}
		u := rows.Unpacker{In: payload}
		u.Expect(rows.Version)
		time := epoch.Millis(u.Number())
		if u.Err != nil || len(key) != 8 {
			return fmt.Errorf("table %s, key %s: %w", rows.AuditTable, rows.KeyName(rows.AuditTable, key), rows.ErrMalformed)
		}
		end = logEnd{binary.BigEndian.Uint64(key), time}
		return nil
	})
	return end, err
}

func (l Ledger) appendAfter(end logEnd, tx store.Writer, e *audit.Entry) error {
	e.Seq, e.Time = end.seq+1, max(e.Time, end.time)
	if e.Number == 0 && e.TokenID != "" {
		n, _ := l.rows.NumberOf(token.ID(e.TokenID))
		e.Number = uint64(n)
	}
	if err := l.rows.Entries.Put(tx, rows.SeqKey(e.Seq), *e); err != nil {
		return err
	}
	if err := l.grow(tx, e.Seq); err != nil {
		return err
	}
	if key, held, ok := rows.SubjectOf(*e); ok {
		return l.rows.Subjects.Put(tx, key, held)
	}
	return nil
}

// First returns the number of the oldest entry, or 0 if there is none.
func (l Ledger) First(tx store.Reader) (seq uint64, err error) {
	err = l.rows.Entries.Each(l.rows.Whole(tx), store.Range{}, func(_ []byte, e audit.Entry) error {
		seq = e.Seq
		return store.Stop
	})
	return seq, err
}

// Last returns the newest entry, or the zero Entry if there is none.
func (l Ledger) Last(tx store.Reader) (audit.Entry, error) {
	var last audit.Entry
	err := l.rows.Entries.Each(tx, store.Range{Reverse: true}, func(_ []byte, e audit.Entry) error {
		last = e
		return store.Stop
	})
	return last, err
}
