package authority

import (
	"context"
	"errors"
	"fmt"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/store"
)

// ErrWrongKeys means that no row of a store was written under the keys.
var ErrWrongKeys = errors.New("the key file does not belong to this store")

// Broken reports whether err says that what is stored is not what was written.
func Broken(err error) bool {
	return errors.Is(err, store.ErrDamaged) || errors.Is(err, errSeal) || errors.Is(err, errPacked)
}

// maxNamed is how many bad rows a Report names.
const maxNamed = 20

// A Report is what is to be said about all rows of a store.
type Report struct {
	Tables  []TableReport
	First   uint64 // number of the first audit entry; 0 if there is none
	Last    uint64
	LastAt  epoch.Millis
	Starts  uint64  // of a server, on this store
	Bad     int     // rows that are not as this server wrote them
	BadRows []error // the first of them, by name
	Odd     []error // what does not fit together
}

// A TableReport counts the rows of one table.
type TableReport struct {
	Name store.Table
	Rows int // sound ones
	Bad  int
}

// Rows returns how many sound rows the table t has.
func (r Report) Rows(t store.Table) int {
	for _, table := range r.Tables {
		if table.Name == t {
			return table.Rows
		}
	}
	return 0
}

// Tokens returns how many tokens there are.
func (r Report) Tokens() int { return r.Rows(tokensTable) }

// Entries returns how many audit entries there are.
func (r Report) Entries() int { return r.Rows(auditTable) }

// Err returns an error if the store must not be used as it is.
func (r Report) Err() error {
	if r.Bad > 0 {
		return fmt.Errorf("%d rows are not as the server wrote them, the first: %w", r.Bad, r.BadRows[0])
	}
	return nil
}

// Inspect reads all rows of a store with nothing but the keys: it checks every
// seal, counts the rows, and looks whether they fit together. It returns
// ErrWrongKeys if no row was written under keys, and other errors only if the
// store cannot be read.
func Inspect(ctx context.Context, r store.Reader, keys *Keys) (Report, error) {
	all, r := newRecords(keys), older{r}
	var rep Report
	for _, t := range Tables() {
		n := TableReport{Name: t}
		err := r.Scan(t, store.Range{}, func(key, row []byte) error {
			if err := all.sound(t, key, row); err != nil {
				n.Bad++
				rep.bad(err)
				return ctx.Err()
			}
			n.Rows++
			return ctx.Err()
		})
		if err != nil {
			return rep, err
		}
		rep.Tables = append(rep.Tables, n)
	}
	if rep.Bad > 0 && rep.sound() == 0 {
		return rep, fmt.Errorf("%w: %w", ErrWrongKeys, rep.BadRows[0])
	}
	if rep.Bad > 0 {
		return rep, nil // what else is wrong follows from that
	}
	return rep, rep.fit(r, all)
}

func (r *Report) bad(err error) {
	if r.Bad++; len(r.BadRows) < maxNamed {
		r.BadRows = append(r.BadRows, err)
	}
}

func (r Report) sound() int {
	n := 0
	for _, t := range r.Tables {
		n += t.Rows
	}
	return n
}

// fit looks whether sound rows fit together.
func (r *Report) fit(tx store.Reader, all records) error {
	c := &checker{records: all, r: tx, bound: map[ipfilter.ID]uint64{}, filters: map[ipfilter.ID]bool{}}
	for _, check := range []func() error{
		c.checkFilters, c.checkTokens, c.checkBound, c.checkUses, c.checkSettings, c.checkTrail, c.checkSubjects, c.checkTale, c.checkRepeats,
	} {
		if err := check(); err != nil {
			r.Odd = append(r.Odd, err)
		}
	}
	var err error
	if r.Starts, _, err = all.mark.get(tx, epochKey); err != nil {
		return err
	}
	last, err := all.trail.last(tx)
	if err != nil {
		return err
	}
	r.Last, r.LastAt = last.Seq, last.Time
	r.First, err = all.trail.first(tx)
	return err
}

// first returns the number of the oldest entry, or 0 if there is none.
func (tr trail) first(tx store.Reader) (seq uint64, err error) {
	err = tr.entries.each(tx, store.Range{}, func(_ []byte, e audit.Entry) error {
		seq = e.Seq
		return store.Stop
	})
	return seq, err
}

// SoundRow returns nil if the row is as this server writes rows of t. Many
// goroutines may call it at once.
func (a *Authority) SoundRow(t store.Table, key, row []byte) error {
	if err := a.sound(t, key, row); err != nil {
		return unsound(t, key, err)
	}
	return nil
}

// sound returns nil if the row is as this server writes rows of t.
func (r records) sound(t store.Table, key, row []byte) error {
	switch t {
	case tokensTable:
		return decodes(r.tokens, key, row)
	case usesTable:
		return decodes(r.uses, key, row)
	case filtersTable:
		return decodes(r.filters, key, row)
	case boundTable:
		return decodes(r.bound, key, row)
	case auditTable:
		return decodes(r.entries, key, row)
	case subjectsTable:
		return decodes(r.subjects, key, row)
	case sessionsTable:
		return decodes(r.ended, key, row)
	case treeTable:
		return decodes(r.nodes, key, row)
	case checkpointsTable:
		return decodes(r.checkpoints, key, row)
	case idempotencyTable:
		return decodes(r.made, key, row)
	case idempotencyDueTable:
		return decodes(r.due, key, row)
	case idempotencyCountTable:
		return decodes(r.kept, key, row)
	case settingsTable:
		return r.soundSetting(key, row)
	}
	return fmt.Errorf("there is no table %s", t)
}

func (r records) soundSetting(key, row []byte) error {
	switch string(key) {
	case policiesKey:
		return decodes(r.policies, key, row)
	case sweepKey:
		return decodes(r.sweep, key, row)
	case rootKey:
		return decodes(r.root, key, row)
	}
	return decodes(r.mark, key, row)
}

func decodes[V any](t table[V], key, row []byte) error {
	_, err := t.decode(key, row)
	return err
}
