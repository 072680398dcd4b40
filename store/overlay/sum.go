package overlay

import (
	"errors"
	"fmt"
	"iter"

	"tokenscale/store"
)

// ErrNoSummer means that a store whose rows are summed was opened, and nobody gave what sums them.
var ErrNoSummer = errors.New("the rows of the store are summed, and SumBy was not called")

// SumBy implements store.DB.
func (c *Committer) SumBy(by store.Summer) { c.summer.Store(&by) }

// Summer returns what the rows are summed by, or nil.
func (c *Committer) Summer() store.Summer {
	if by := c.summer.Load(); by != nil {
		return *by
	}
	return nil
}

// Sums returns the sums of a store, which were was, after changed is made to base. A store that was
// never summed, and is not now, goes on without any.
func (c *Committer) Sums(was store.SealedSums, base Base, changed *Overlay) (store.SealedSums, error) {
	by := c.Summer()
	if by == nil {
		if len(was.Sealed) > 0 {
			return was, ErrNoSummer
		}
		return was, nil
	}
	sums, err := was.Open(by, len(c.settings.Tables))
	if err != nil {
		return was, err
	}
	if err := c.add(sums, by, base, changed); err != nil {
		return was, err
	}
	next := was.Commit + 1
	return store.SealedSums{Commit: next, Sealed: by.SealSums(next, sums)}, nil
}

func (c *Committer) add(sums []store.Sum, by store.Summer, base Base, changed *Overlay) (err error) {
	if len(sums) != len(c.settings.Tables) {
		return fmt.Errorf("%w: it has the sums of %d tables, and there are %d", store.ErrDamaged, len(sums), len(c.settings.Tables))
	}
	for i, t := range c.settings.Tables {
		if !changed.Has(t) {
			continue
		}
		if sums[i], err = Added(sums[i], by, base, t, changed.Changes(t)); err != nil {
			return err
		}
	}
	return nil
}

// Added returns the sum of a table after changes are made to the rows that was has.
func Added(sum store.Sum, by store.Summer, was Getter, t store.Table, changes iter.Seq[store.Row]) (store.Sum, error) {
	for r := range changes {
		old, err := was.Get(t, r.Key)
		if err != nil {
			return sum, err
		}
		if old != nil {
			sum = sum.Minus(by.Share(t, r.Key, old))
		}
		if r.Value != nil {
			sum = sum.Plus(by.Share(t, r.Key, r.Value))
		}
	}
	return sum, nil
}

// A Getter finds rows.
type Getter interface {
	// Get returns the value under key, or nil.
	Get(t store.Table, key []byte) ([]byte, error)
}
