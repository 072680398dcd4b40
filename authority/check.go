package authority

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"tokenscale/audit"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Check reads every row of the store and reports all that is wrong with them:
// broken seals, filters that tokens name and that are not there, counts that
// do not agree, and gaps or steps back in the audit log. It looks at one
// moment between two changes, and delays nobody.
func (a *Authority) Check(ctx context.Context) error {
	return a.store.View(ctx, func(r store.Reader) error {
		c := &checker{records: a.records, r: r, bound: map[ipfilter.ID]uint64{}, filters: map[ipfilter.ID]bool{}}
		return errors.Join(c.checkSeals(), c.checkFilters(), c.checkTokens(), c.checkBound(), c.checkUses(), c.checkSettings(), c.checkTrail(), c.checkSubjects(), c.checkProof(), c.checkRepeats())
	})
}

// A checker is one Check under way.
type checker struct {
	records
	r       store.Reader
	filters map[ipfilter.ID]bool
	bound   map[ipfilter.ID]uint64 // counted by the tokens themselves
	entries uint64
}

// checkSeals reads every row of every table, also of those that the other
// checks have no use for.
func (c *checker) checkSeals() error {
	for _, t := range Tables() {
		if err := c.r.Scan(t, store.Range{}, func(key, row []byte) error { return c.sound(t, key, row) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkFilters() error {
	return c.records.filters.each(c.r, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
		c.filters[f.ID] = true
		_, err := ipfilter.Parse(f.Text)
		return err
	})
}

func (c *checker) checkTokens() error {
	lost := map[token.KeyID]int{}
	err := c.tokens.each(c.r, store.Range{}, func(_ []byte, v token.Token) error {
		if c.tokens.keys.all[v.DigestKey] == nil {
			lost[v.DigestKey]++
		}
		if v.FilterID == "" {
			return nil
		}
		c.bound[v.FilterID]++
		return c.known(v.FilterID)
	})
	for id, n := range lost {
		err = errors.Join(err, fmt.Errorf("%s made under the key %v, which the key file does not have, so they are refused", plural(n, "token"), id))
	}
	return err
}

func (c *checker) known(id ipfilter.ID) error {
	if id != "" && !c.filters[id] {
		return fmt.Errorf("the IP filter %s is used and does not exist", id)
	}
	return nil
}

func (c *checker) checkBound() error {
	err := c.records.bound.each(c.r, store.Range{}, func(key []byte, n uint64) error {
		id := ipfilter.ID(key)
		if real := c.bound[id]; real != n {
			return fmt.Errorf("the IP filter %s is used by %d tokens, and %d are noted", id, real, n)
		}
		delete(c.bound, id)
		return nil
	})
	if err == nil && len(c.bound) > 0 {
		err = fmt.Errorf("for %d IP filters in use no tokens are noted", len(c.bound))
	}
	return err
}

func (c *checker) checkUses() error {
	return c.uses.each(c.r, store.Range{}, func(id []byte, _ use) error {
		_, ok, err := c.tokens.get(c.r, string(id))
		if err == nil && !ok {
			err = fmt.Errorf("a last use is noted of the token %s, which does not exist", id)
		}
		return err
	})
}

func (c *checker) checkSettings() error {
	p, _, err := c.policies.get(c.r, policiesKey)
	errs := []error{err}
	for _, k := range p.Kinds() {
		errs = append(errs, c.known(k.FilterID))
	}
	_, _, badSweep := c.sweep.get(c.r, sweepKey)
	_, _, badRoot := c.root.get(c.r, rootKey)
	for _, key := range []string{keysKey, exportKey, epochKey, clockKey, heldKey, storeKey} {
		_, _, err := c.mark.get(c.r, key)
		errs = append(errs, err)
	}
	_, badGaps := c.storedGaps(c.r)
	return errors.Join(append(errs, badSweep, badRoot, badGaps)...)
}

func (c *checker) checkTrail() error {
	var last audit.Entry
	return c.trail.entries.each(c.r, store.Range{}, func(_ []byte, e audit.Entry) error {
		if e.Seq != last.Seq+1 {
			return fmt.Errorf("in the audit log entry %d follows entry %d", e.Seq, last.Seq)
		}
		if e.Time < last.Time {
			return fmt.Errorf("in the audit log entry %d is older than the one before it", e.Seq)
		}
		last = e
		c.entries = e.Seq
		return nil
	})
}

func (c *checker) checkSubjects() error {
	return c.subjects.each(c.r, store.Range{}, func(key []byte, _ struct{}) error {
		if len(key) < 9 || binary.BigEndian.Uint64(key[len(key)-8:]) > c.entries {
			return fmt.Errorf("the index of the audit log has the key %q, for which there is no entry", key)
		}
		return nil
	})
}
