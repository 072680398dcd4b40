package archive

import (
	"bytes"
	"context"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
)

const (
	clearBatch = 2000                  // rows that one transaction takes out
	clearPause = 20 * time.Millisecond // between two, in which nobody waits
	rowsOfOne  = 2                     // of an entry that did nothing to tokens
)

// clear takes the rows of entries that have left out of the store, in batches. A segment whose rows
// are gone has none there, so it needs no note of how far it came.
//
// The tree over them stays: it is a row for 256 entries, and proves the others.
func (a *Archiver) clear(ctx context.Context) error {
	if shared, ok := a.DB.(store.Shared); ok && !shared.KeepsHouse() {
		return nil
	}
	for {
		left := false
		err := a.DB.View(ctx, func(r store.Reader) (err error) {
			left, err = a.isLeft(r)
			return err
		})
		if err != nil || !left {
			return err
		}
		if err := a.DB.Update(ctx, a.clearSome, store.UseReserve); err != nil {
			return err
		}
		if err := a.Step("cleared"); err != nil {
			return err
		}
		if err := loop.Rest(ctx, clearPause); err != nil {
			return err
		}
	}
}

// isLeft reports whether the store has a row of an entry that has left it.
func (a *Archiver) isLeft(r store.Reader) (left bool, err error) {
	last, err := a.Rows.LastSegment(r)
	if err != nil || last.Number == 0 {
		return false, err
	}
	err = r.Scan(rows.AuditTable, store.Range{To: []byte(rows.SeqKey(last.Last + 1)), One: true}, func(_, _ []byte) error {
		left = true
		return nil
	})
	return left, err
}

// clearSome takes out the first rows of those that have left.
func (a *Archiver) clearSome(w store.Writer) error {
	last, err := a.Rows.LastSegment(w)
	if err != nil || last.Number == 0 {
		return err
	}
	keep, err := highestSubject(w)
	if err != nil {
		return err
	}
	room := store.BatchSize(a.DB, clearBatch, 1, 0)
	return a.Rows.Entries.Each(w, store.Range{To: []byte(rows.SeqKey(last.Last + 1))}, func(key []byte, e audit.Entry) error {
		if room -= rowsOfOne; room < 0 {
			return store.Stop
		}
		whole, err := a.clearEvidence(w, e, &room)
		if err != nil || !whole {
			return orStop(err)
		}
		if subject, _, ok := rows.SubjectOf(e); ok && subject != string(keep) {
			if err := a.Rows.Subjects.Delete(w, subject); err != nil {
				return err
			}
		}
		return w.Delete(rows.AuditTable, key)
	})
}

func orStop(err error) error {
	if err == nil {
		err = store.Stop
	}
	return err
}

// clearEvidence takes out what an entry did, as far as there is room, and reports whether that was
// all of it.
func (a *Archiver) clearEvidence(w store.Writer, e audit.Entry, room *int) (whole bool, err error) {
	if _, did := audit.TightenedOf(e); !did {
		return true, nil
	}
	whole = true
	some := store.Range{From: []byte(rows.EvidenceKey(e.Seq, 0)), To: []byte(rows.EvidenceKey(e.Seq+1, 0))}
	err = w.Scan(rows.EvidenceTable, some, func(key, _ []byte) error {
		if *room == 0 {
			whole = false
			return store.Stop
		}
		*room--
		return w.Delete(rows.EvidenceTable, key)
	})
	return whole, err
}

// highestSubject returns the last key of the index by token. Its row stays, as the number in it is
// the last that was given to a token.
func highestSubject(w store.Writer) (key []byte, err error) {
	err = w.Scan(rows.SubjectsTable, store.Range{Reverse: true, One: true}, func(last, _ []byte) error {
		key = bytes.Clone(last)
		return nil
	})
	return key, err
}
