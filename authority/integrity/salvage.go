package integrity

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/token"
)

// A Salvager puts the rows that are left of a damaged store into a new one.
//
// Only rows whose seal is sound are taken, and only those that are the newest
// of their key: a row that nothing in the file leads to may be old, so a
// token that was deleted or weakened must not come back with it. What is in
// doubt is left out, and what is left out makes the rest stricter: a token
// whose IP filter is lost gets one that lets nobody in, and if the security
// policies are lost all kinds of tokens are disabled until they are set again.
type Salvager struct {
	rows      *rows.Rows
	db        store.DB
	batch     []store.Change
	orphans   map[token.ID]*orphan
	histories history
	have      map[string]bool // numbers of the audit entries that stand in the new store
	whole     bool            // the audit log was read where it stands, without a loss
	partly    bool            // a part that has left the store could not be read
	done      Salvaged
}

// Salvaged counts what a Salvager did.
type Salvaged struct {
	Rows    map[store.Table]int // saved, by table
	Bad     map[store.Table]int // found with a broken seal
	Orphans int                 // rows saved although nothing led to them
	Lost    int                 // tokens not saved that were there as far as the audit log tells
	Gaps    int                 // audit entries that must have been there and are lost
	// Lost IP filters, in the place of which stands one that lets nobody in.
	Filters int
	// IP filters that had other rules than the audit log tells, and got these.
	Rules    int
	Disabled bool // the security policies are lost, and everything is disabled
}

// NewSalvager returns a Salvager that fills db, which must be empty.
func NewSalvager(db store.DB, keys *keyring.Keys) *Salvager {
	db.SumBy(keys)
	return &Salvager{
		rows: rows.New(keys), db: db, orphans: map[token.ID]*orphan{}, histories: newHistory(), have: map[string]bool{},
		done: Salvaged{Rows: map[store.Table]int{}, Bad: map[store.Table]int{}},
	}
}

// ReadPast has the Salvager learn from what has left the store as well; past is as rows.Rows.Past.
// It does without what cannot be read of that.
func (s *Salvager) ReadPast(past func(store.Reader) store.Reader) { s.rows.Past = past }

// Take takes one row. It copies what it keeps. Rows of which nobody knows the
// table, given as "", come after all others.
//
// Checkpoints of the audit log, and the tree they are made of, are made anew:
// entries may be lost, and those checkpoints that were kept elsewhere say so.
// So is the table of idempotency keys.
func (s *Salvager) Take(ctx context.Context, t store.Table, key, row []byte) error {
	if t == "" {
		return s.takeOrphan(ctx, key, row)
	}
	switch t {
	case rows.TreeTable, rows.CheckpointsTable, rows.IdempotencyTable:
		return nil // made anew
	}
	if err := s.rows.Sound(t, key, row); err != nil {
		s.done.Bad[t]++
		return nil
	}
	return s.put(ctx, t, key, row)
}

// salvageBatch is how many rows are written at once.
const salvageBatch = 1000

func (s *Salvager) put(ctx context.Context, t store.Table, key, row []byte) error {
	if t == rows.AuditTable {
		s.have[string(key)] = true
	}
	s.done.Rows[t]++
	s.batch = append(s.batch, store.Change{Table: t, Key: bytes.Clone(key), Value: bytes.Clone(row)})
	if len(s.batch) < salvageBatch {
		return nil
	}
	return s.flush(ctx)
}

func (s *Salvager) flush(ctx context.Context) error {
	err := s.db.Update(ctx, func(w store.Writer) error {
		for _, c := range s.batch {
			if err := w.Put(c.Table, c.Key, c.Value); err != nil {
				return err
			}
		}
		return nil
	})
	s.batch = s.batch[:0]
	return err
}

// Finish decides about the orphans, puts right what hangs together, and writes
// down the salvage as the last audit entry. damaged counts the parts of the
// file that could not be read, by table; "" is for those of no known table.
func (s *Salvager) Finish(ctx context.Context, now epoch.Millis, damaged map[store.Table]int) (Salvaged, error) {
	damage := 0
	for _, n := range damaged {
		damage += n
	}
	s.whole = damaged[rows.AuditTable]+damaged[""]+s.done.Bad[rows.AuditTable]+s.done.Orphans == 0
	if err := s.flush(ctx); err != nil {
		return s.done, err
	}
	if err := s.db.View(ctx, s.readTrail); err != nil {
		return s.done, err
	}
	if err := s.dropRefuted(ctx); err != nil {
		return s.done, err
	}
	if err := s.takeTokens(ctx); err != nil {
		return s.done, err
	}
	err := s.db.Update(ctx, func(w store.Writer) error {
		if err := errors.Join(s.repairPolicies(w, damage), s.repairTokens(w), s.repairEvidence(w)); err != nil {
			return err
		}
		return errors.Join(s.repairKeys(w), s.repairSubjects(w), s.repairRules(w), s.repairFilters(w), s.repairUses(w), s.repairIdempotency(w), s.record(w, now, damage))
	})
	return s.done, err
}

func (d Salvaged) bad() int {
	n := 0
	for _, bad := range d.Bad {
		n += bad
	}
	return n
}

func (s *Salvager) record(w store.Writer, now epoch.Millis, damage int) error {
	e := audit.Entry{Time: now, Type: audit.Salvaged, Action: "doctor", Sensitive: true, Actor: audit.System()}
	count := func(name string, n int) audit.Field { return audit.Count(name, uint64(n)) }
	e.Fields = []audit.Field{
		count("unreadable", damage), count("badRows", s.done.bad()),
		count("tokens", s.done.Rows[rows.TokensTable]), count("lostTokens", s.done.Lost),
		count("lostEntries", s.done.Gaps), count("lostFilters", s.done.Filters), count("refutedFilters", s.done.Rules),
		audit.One("disabled", strconv.FormatBool(s.done.Disabled)),
	}
	return ledger.New(s.rows).Append(w, e)
}
