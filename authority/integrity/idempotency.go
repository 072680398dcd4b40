package integrity

import (
	"cmp"
	"fmt"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// checkIdempotency reports what does not fit between the three tables.
func (c *checker) checkIdempotency() error {
	n, counted, err := c.countIdempotency()
	if err != nil {
		return err
	}
	if err := c.rows.Due.Each(c.r, store.Range{}, func([]byte, struct{}) error { n--; return nil }); err != nil {
		return err
	}
	if n != 0 {
		return fmt.Errorf("%d idempotency keys are to be forgotten that are not there", -n)
	}
	return c.checkKept(counted)
}

// countIdempotency counts the keys, all and by actor, and looks whether each will
// be forgotten.
func (c *checker) countIdempotency() (n int, counted map[string]uint64, err error) {
	counted = map[string]uint64{}
	err = c.rows.Made.Each(c.r, store.Range{}, func(key []byte, m rows.Made) error {
		n++
		actor, err := rows.ActorOf(string(key))
		if err != nil {
			return err
		}
		counted[actor]++
		if _, ok, err := c.rows.Due.Get(c.r, rows.DueKey(m.At, string(key))); err != nil || !ok {
			return cmp.Or(err, fmt.Errorf("an idempotency key of %s would never be forgotten", actor))
		}
		return nil
	})
	return n, counted, err
}

// checkKept compares what is noted of each actor with what was counted.
func (c *checker) checkKept(counted map[string]uint64) error {
	if err := c.rows.Kept.Each(c.r, store.Range{}, func(actor []byte, n uint64) error {
		if real := counted[string(actor)]; real != n {
			return fmt.Errorf("%s has %d idempotency keys, and %d are noted", actor, real, n)
		}
		delete(counted, string(actor))
		return nil
	}); err != nil {
		return err
	}
	if len(counted) > 0 {
		return fmt.Errorf("of %d actors with idempotency keys nothing is noted", len(counted))
	}
	return nil
}
