package bolt

import (
	"context"
	"errors"
	"fmt"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// A row that was put back, added or taken out beside the server leaves a file that is whole, with
// rows that are each sound. A copy of it would be equal to the store, and the only trace of what
// was there may lie in pages that a compaction gives up. So the rows of the copy are added up.

// totals add up rows, table by table.
type totals struct {
	by     store.Summer
	tables []store.Table
	sums   []store.Sum
}

// newTotals returns nil for a store that is not summed.
func (db *DB) newTotals() *totals {
	by := db.committer.Summer()
	if by == nil {
		return nil
	}
	return &totals{by, db.options.Tables, make([]store.Sum, len(db.options.Tables))}
}

// add adds a row of a table, by the place of that among the tables.
func (t *totals) add(table int, key, value []byte) {
	if t != nil {
		t.sums[table] = t.sums[table].Plus(t.by.Share(t.tables[table], key, value))
	}
}

// agree returns an error unless the rows that were added are those that were written last to f.
func (t *totals) agree(f *boltfile.File) error {
	if t == nil {
		return nil
	}
	want, err := t.wanted(f)
	if err != nil {
		return err
	}
	for i, sum := range t.sums {
		if sum != want[i] {
			const why = "%w: the rows of the table %q do not add up to what the server wrote last, so the file is kept as it is; tokenscale doctor tells more"
			return fmt.Errorf(why, store.ErrDamaged, t.tables[i])
		}
	}
	return nil
}

// wanted returns the sums that f keeps beside its rows.
func (t *totals) wanted(f *boltfile.File) (want []store.Sum, err error) {
	tx, err := f.Begin(false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	sealed, err := tx.Reader(context.Background(), func(error) {}).Sums()
	if err != nil {
		return nil, err
	}
	want, err = sealed.Open(t.by, len(t.tables))
	if err == nil && len(want) != len(t.tables) {
		err = fmt.Errorf("%w: it has the sums of %d tables, and there are %d", store.ErrDamaged, len(want), len(t.tables))
	}
	return want, err
}
