package integrity

import (
	"errors"
	"fmt"
	"slices"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// ErrSum means that every seal may be sound, and yet the rows of a table are not those that the
// server wrote last.
var ErrSum = errors.New("the rows do not add up to what the server wrote last: one was put back to what it once was, added, or taken out, or the disk lost a write")

// sumError is an ErrSum about one table.
func sumError(t store.Table) error { return fmt.Errorf("table %s: %w", t, ErrSum) }

// A summing reader adds up the rows that it reads.
type summing struct {
	store.Reader
	keys *keyring.Keys
	sums map[store.Table]store.Sum // of the tables that were read from end to end
}

func newSumming(r store.Reader, keys *keyring.Keys) *summing {
	return &summing{r, keys, map[store.Table]store.Sum{}}
}

// Scan implements store.Reader.
func (s *summing) Scan(t store.Table, r store.Range, fn func(key, row []byte) error) error {
	var sum store.Sum
	whole := r.From == nil && r.To == nil && !r.One
	err := s.Reader.Scan(t, r, func(key, row []byte) error {
		if whole {
			sum = sum.Plus(s.keys.Share(t, key, row))
		}
		err := fn(key, row)
		whole = whole && err == nil
		return err
	})
	if err == nil && whole {
		s.sums[t] = sum
	}
	return err
}

// SummedAtStart are the tables whose rows a start adds up: those that it has to read from end to
// end anyway, and settings.
func SummedAtStart() []store.Table {
	return []store.Table{rows.TokensTable, rows.UsesTable, rows.FiltersTable, rows.SettingsTable, rows.SessionsTable, rows.TombstonesTable}
}

// ReadSummed calls read with a Reader of the same rows as r, and returns an error that wraps ErrSum
// unless the rows of tables are those that the server wrote last. Tables that read walks over from
// end to end are not read again.
func ReadSummed(r store.Reader, keys *keyring.Keys, tables []store.Table, read func(store.Reader) error) error {
	s := newSumming(r, keys)
	if err := read(s); err != nil {
		return err
	}
	return s.check(tables)
}

// check returns what is wrong with the sums of tables.
func (s *summing) check(tables []store.Table) error {
	want, err := wanted(s.Reader, s.keys)
	if err != nil {
		return err
	}
	var wrong []error
	for _, t := range tables {
		if _, read := s.sums[t]; !read {
			if err := s.Scan(t, store.Range{}, func(_, _ []byte) error { return nil }); err != nil {
				return err
			}
		}
		if s.sums[t] != want[t] {
			wrong = append(wrong, sumError(t))
		}
	}
	return errors.Join(wrong...)
}

// wanted returns what the rows of each table should add up to.
func wanted(r store.Reader, keys *keyring.Keys) (map[store.Table]store.Sum, error) {
	summed, ok := r.(store.Summed)
	if !ok {
		return nil, fmt.Errorf("%T does not know the sums of the rows", r)
	}
	sealed, err := summed.Sums()
	if err != nil {
		return nil, err
	}
	tables := slices.Sorted(slices.Values(rows.Tables()))
	sums, err := sealed.Open(keys, len(tables))
	if err != nil {
		return nil, err
	}
	if len(sums) != len(tables) {
		return nil, fmt.Errorf("%w: it has the sums of %d tables, and there are %d", store.ErrDamaged, len(sums), len(tables))
	}
	want := map[store.Table]store.Sum{}
	for i, t := range tables {
		want[t] = sums[i]
	}
	return want, nil
}
