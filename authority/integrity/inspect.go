package integrity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

// ErrWrongKeys means that no row of a store was written under the keys.
var ErrWrongKeys = errors.New("the key file does not belong to this store")

// Broken reports whether err says that what is stored is not what was written.
func Broken(err error) bool {
	return errors.Is(err, store.ErrDamaged) || errors.Is(err, keyring.ErrSeal) || errors.Is(err, rows.ErrMalformed) || errors.Is(err, ErrSum)
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
	Sums    error   // wraps ErrSum if the rows are not those that were written last

	Segments []rows.Segment // of the audit log that have left the store
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
func (r Report) Tokens() int { return r.Rows(rows.TokensTable) }

// Entries returns how many audit entries there are, with those that have left the store.
func (r Report) Entries() int {
	n := r.Rows(rows.AuditTable)
	for _, s := range r.Segments {
		n += int(s.Entries)
	}
	return n
}

// Err returns an error if the store must not be used as it is.
func (r Report) Err() error {
	if r.Bad > 0 {
		return fmt.Errorf("%d rows are not as the server wrote them, the first: %w", r.Bad, r.BadRows[0])
	}
	return r.Sums
}

// Inspect reads all rows of a store with nothing but the keys: it checks every
// seal and the sums, counts the rows, and looks whether they fit together. It returns
// ErrWrongKeys if no row was written under keys, and other errors only if the
// store cannot be read. If r is a rows.Past, it looks whether the rows fit to what has left the
// store as well; but seals and rows are those of the store. Segments that it leaves out are taken
// to be as they should, and tokens are then not compared with the audit log.
func Inspect(ctx context.Context, r store.Reader, keys *keyring.Keys) (Report, error) {
	all := rows.New(keys)
	r, whole := present(r), r
	summing := newSumming(r, keys)
	policies, _ := all.Present(r) // if the policies cannot be read, their own row says so
	var rep Report
	for _, t := range rows.Tables() {
		n := TableReport{Name: t}
		err := summing.Scan(t, store.Range{}, func(key, row []byte) error {
			if err := cmp.Or(all.Sound(t, key, row), stampOf(policies, t, key, row)); err != nil {
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
	rep.Sums = summing.check(rows.Tables())
	if err := all.Segments.Each(r, store.Range{}, func(_ []byte, s rows.Segment) error {
		rep.Segments = append(rep.Segments, s)
		return nil
	}); err != nil {
		return rep, err
	}
	return rep, rep.fit(whole, all)
}

// present returns the Reader of what is in the store, of one that also has what has left it.
func present(r store.Reader) store.Reader {
	if p, ok := r.(rows.Past); ok {
		return p.Present()
	}
	return r
}

// stampOf returns an error if the row is that of a token, and has a stamp that the policies know
// nothing of.
func stampOf(p rows.Present, t store.Table, key, row []byte) error {
	if t != rows.TokensTable || p.Rows == nil {
		return nil
	}
	s, err := p.Tokens.Decode(key, row)
	if err == nil {
		_, _, err = p.Now(s)
	}
	return err
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
func (r *Report) fit(tx store.Reader, all *rows.Rows) error {
	c := newChecker(all, tx)
	for _, check := range []func() error{
		c.checkFilters, c.checkTokens, c.checkUses, c.checkSettings, c.checkTrail, c.checkSubjects, c.checkHistory, c.checkIdempotency, c.checkEvidence,
	} {
		if err := check(); err != nil && !slices.ContainsFunc(r.Odd, func(e error) bool { return e.Error() == err.Error() }) {
			r.Odd = append(r.Odd, err) // a file that is missing is in the way of several
		}
	}
	var err error
	if r.Starts, _, err = all.Numbers.Get(tx, rows.EpochKey); err != nil {
		return err
	}
	last, err := ledger.New(all).Last(tx)
	if err != nil {
		return err
	}
	r.Last, r.LastAt = last.Seq, last.Time
	if r.First, err = ledger.New(all).First(tx); errors.Is(err, rows.ErrPast) {
		return nil // it is told already
	}
	if left := rows.LeftOut(tx); len(left) > 0 {
		r.First = min(r.First, left[0].First)
	}
	return err
}

// SoundRow returns nil if the row is as this server writes rows of t, or else an
// error that names it. Many goroutines may call it at once.
func SoundRow(all *rows.Rows, t store.Table, key, row []byte) error {
	if err := all.Sound(t, key, row); err != nil {
		return corrupt(t, key, err)
	}
	return nil
}
