package integrity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Check reads every row of the store and reports all that is wrong with them:
// broken seals, stamps that the policies know nothing of, filters that tokens
// name and that are not there, evidence that is not what the audit log says, and
// gaps or steps back in that log. It looks at one moment between two changes,
// and delays nobody.
func Check(ctx context.Context, db store.DB, all *rows.Rows) error {
	return db.View(ctx, func(r store.Reader) error {
		c := newChecker(all, all.Whole(r))
		return errors.Join(
			c.checkSeals(), c.checkFilters(), c.checkTokens(), c.checkUses(), c.checkSettings(), c.checkTrail(), c.checkSubjects(),
			c.checkProof(), c.checkIdempotency())
	})
}

// A checker is one Check under way.
type checker struct {
	rows    *rows.Rows
	r       store.Reader
	filters map[ipfilter.ID]bool
	entries uint64
	found   int // entries that the index of the audit log finds
}

func newChecker(all *rows.Rows, r store.Reader) *checker {
	return &checker{rows: all, r: r, filters: map[ipfilter.ID]bool{}}
}

// checkSeals reads every row of every table, also of those that the other
// checks have no use for, and adds them up.
func (c *checker) checkSeals() error {
	return ReadSummed(present(c.r), c.rows.Keys, rows.Tables(), func(r store.Reader) error {
		for _, t := range rows.Tables() {
			if err := r.Scan(t, store.Range{}, func(key, row []byte) error { return c.rows.Sound(t, key, row) }); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *checker) checkFilters() error {
	return c.rows.Filters.Each(c.r, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
		c.filters[f.ID] = true
		_, err := ipfilter.Parse(f.Text)
		return err
	})
}

func (c *checker) checkTokens() error {
	lost := map[token.KeyID]int{}
	err := eachToken(c.rows, c.r, func(_ rows.StoredToken, v token.Token, alive bool) error {
		if alive && !c.rows.Keys.Has(v.DigestKey) {
			lost[v.DigestKey]++
		}
		if !alive || v.Hidden() {
			return nil
		}
		return c.known(v.FilterID)
	})
	for id, n := range lost {
		err = errors.Join(err, fmt.Errorf("%s made under the key %v, which the key file does not have, so they are refused", tokens(n), id))
	}
	return err
}

// eachToken calls fn with every stored token, as it was written and as it is by the history of the
// policies: alive unless they have deleted it. A stamp outside the history is an error.
func eachToken(all *rows.Rows, tx store.Reader, fn func(s rows.StoredToken, v token.Token, alive bool) error) error {
	present, missing := all.Present(tx)
	return all.Tokens.Each(tx, store.Range{}, func(_ []byte, s rows.StoredToken) error {
		if missing != nil {
			return missing
		}
		v, alive, err := present.Now(s)
		if err != nil {
			return err
		}
		return fn(s, v, alive)
	})
}

func (c *checker) known(id ipfilter.ID) error {
	if id != "" && !c.filters[id] {
		return fmt.Errorf("the IP filter %s is used and does not exist", id)
	}
	return nil
}

func (c *checker) checkUses() error {
	return c.rows.Uses.Each(c.r, store.Range{}, func(key []byte, _ rows.Use) error {
		_, ok, err := c.rows.Tokens.Get(c.r, string(key))
		if err == nil && !ok {
			n, _, _ := rows.ParseTokenKey(key)
			err = fmt.Errorf("a last use is noted of the token number %d, which does not exist", n)
		}
		return err
	})
}

func (c *checker) checkSettings() error {
	p, _, err := c.rows.Policies.Get(c.r, rows.PoliciesKey)
	errs := []error{err}
	for _, k := range p.Kinds() {
		errs = append(errs, c.known(k.FilterID))
	}
	_, _, badExport := c.rows.Export.Get(c.r, rows.ExportKey)
	_, _, badRoot := c.rows.Root.Get(c.r, rows.RootKey)
	_, _, badKeys := c.rows.Sealing.Get(c.r, rows.KeysKey)
	for _, key := range []string{rows.EpochKey, rows.ClockKey, rows.RunningKey, rows.StoreKey, rows.PutBackKey} {
		_, _, err := c.rows.Numbers.Get(c.r, key)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, badExport, badRoot, badKeys)...)
}

func (c *checker) checkTrail() error {
	var last audit.Entry
	left := rows.LeftOut(c.r)
	return c.rows.Entries.Each(c.r, store.Range{}, func(_ []byte, e audit.Entry) error {
		for ; len(left) > 0 && left[0].First == last.Seq+1; left = left[1:] {
			last.Seq = left[0].Last
		}
		if e.Seq != last.Seq+1 {
			return fmt.Errorf("in the audit log entry %d follows entry %d", e.Seq, last.Seq)
		}
		if e.Time < last.Time {
			return fmt.Errorf("in the audit log entry %d is older than the one before it", e.Seq)
		}
		last = e
		c.entries = e.Seq
		if _, _, ok := rows.SubjectOf(e); ok {
			c.found++
		}
		return nil
	})
}

func (c *checker) checkSubjects() error {
	n := 0
	highest, err := highestLeft(c.r, c.rows)
	if err != nil {
		return err
	}
	err = c.rows.Subjects.Each(c.r, store.Range{}, func(key []byte, held token.ID) error {
		number, seq, _ := rows.ParseSubjectKey(key)
		nobodys := number == 0 || held == "" && number != highest // which stands for all that left
		if seq > c.entries || seq == 0 && nobodys {
			return fmt.Errorf("the index of the audit log has the key %q, for which there is no entry", key)
		}
		if seq != 0 && !slices.ContainsFunc(rows.LeftOut(c.r), func(s rows.Segment) bool { return s.Has(seq) }) {
			n++
		}
		return nil
	})
	if err == nil && n != c.found {
		err = fmt.Errorf("%d entries of the audit log are about a token, and its index has %d", c.found, n)
	}
	return err
}

// checkEvidence reports what changes of the policies did that is not as the log says.
func (c *checker) checkEvidence() error { return ledger.New(c.rows).CheckEvidence(c.r) }

// checkProof reports what does not fit between the entries, the tree and the
// checkpoints.
func (c *checker) checkProof() error {
	rep, err := ledger.Examine(context.Background(), c.r, c.rows.Keys)
	if err == nil && len(rep.Found) > 0 {
		err = fmt.Errorf("in the audit log: %v", rep.Found[0])
	}
	return err
}

func tokens(n int) string {
	if n == 1 {
		return "1 token"
	}
	return fmt.Sprintf("%d tokens", n)
}
