package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strconv"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
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
	records
	db      store.DB
	batch   []store.Change
	strays  map[token.ID]*stray
	stories tale
	have    map[string]bool // numbers of the audit entries that stand in the new store
	whole   bool            // the audit log was read where it stands, without a loss
	done    Salvaged
}

// Salvaged counts what a Salvager did.
type Salvaged struct {
	Rows     map[store.Table]int // saved, by table
	Bad      map[store.Table]int // found with a broken seal
	Strays   int                 // rows saved although nothing led to them
	Lost     int                 // tokens not saved that were there as far as the audit log tells
	Gaps     int                 // audit entries that must have been there and are lost
	Filters  int                 // lost IP filters, in the place of which stands one that lets nobody in
	Disabled bool                // the security policies are lost, and everything is disabled
}

// stray is what is known of a token that only stray rows tell of.
type stray struct {
	row      []byte
	versions map[[sha256.Size]byte]bool
}

// NewSalvager returns a Salvager that fills db, which must be empty.
func NewSalvager(db store.DB, keys *Keys) *Salvager {
	return &Salvager{
		records: newRecords(keys), db: db, strays: map[token.ID]*stray{}, stories: tale{}, have: map[string]bool{},
		done: Salvaged{Rows: map[store.Table]int{}, Bad: map[store.Table]int{}},
	}
}

// Take takes one row. It copies what it keeps. Rows of which nobody knows the
// table, given as "", come after all others.
//
// Checkpoints of the audit log, and the tree they are made of, are made anew:
// entries may be lost, and those checkpoints that were kept elsewhere say so.
// So is what hangs on the idempotency keys.
func (s *Salvager) Take(ctx context.Context, t store.Table, key, row []byte) error {
	if t == "" {
		return s.takeStray(ctx, key, row)
	}
	switch t {
	case treeTable, checkpointsTable, idempotencyDueTable, idempotencyCountTable:
		return nil // made anew
	}
	if err := s.records.sound(t, key, row); err != nil {
		s.done.Bad[t]++
		return nil
	}
	return s.put(ctx, t, key, row)
}

// takeStray takes a row of an unknown table: its seal tells which. Audit
// entries are never changed, so each is as good as any; tokens wait for
// Finish, and other rows cannot be told from old ones.
func (s *Salvager) takeStray(ctx context.Context, key, row []byte) error {
	switch {
	case s.records.sound(auditTable, key, row) == nil:
		if s.have[string(key)] {
			return nil
		}
		s.done.Strays++
		return s.put(ctx, auditTable, key, row)
	case s.records.sound(tokensTable, key, row) == nil:
		v := s.strays[token.ID(key)]
		if v == nil {
			v = &stray{versions: map[[sha256.Size]byte]bool{}}
			s.strays[token.ID(key)] = v
		}
		v.row = bytes.Clone(row)
		v.versions[sha256.Sum256(row)] = true
	}
	return nil
}

// salvageBatch is how many rows are written at once.
const salvageBatch = 1000

func (s *Salvager) put(ctx context.Context, t store.Table, key, row []byte) error {
	if t == auditTable {
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

// Finish decides about the strays, puts right what hangs together, and writes
// down the salvage as the last audit entry. damaged counts the parts of the
// file that could not be read, by table; "" is for those of no known table.
func (s *Salvager) Finish(ctx context.Context, now epoch.Millis, damaged map[store.Table]int) (Salvaged, error) {
	damage := 0
	for _, n := range damaged {
		damage += n
	}
	s.whole = damaged[auditTable]+damaged[""]+s.done.Bad[auditTable]+s.done.Strays == 0
	if err := s.flush(ctx); err != nil {
		return s.done, err
	}
	if err := s.db.View(ctx, s.readTrail); err != nil {
		return s.done, err
	}
	if err := s.takeTokens(ctx); err != nil {
		return s.done, err
	}
	err := s.db.Update(ctx, func(w store.Writer) error {
		return errors.Join(s.mendSubjects(w), s.mendFilters(w), s.mendUses(w), s.mendRepeats(w), s.mendPolicies(w, damage), s.record(w, now, damage))
	})
	return s.done, err
}

// readTrail counts the gaps in the audit log and learns what it says of each
// token.
func (s *Salvager) readTrail(r store.Reader) error {
	last := uint64(0)
	return s.trail.entries.each(r, store.Range{}, func(_ []byte, e audit.Entry) error {
		s.done.Gaps += int(e.Seq - last - 1)
		last = e.Seq
		s.stories.learn(e)
		return nil
	})
}

// takeTokens takes the strays that are certainly the newest rows of their
// tokens: the audit log was read whole, to its very end, and knows of nothing
// but their making.
func (s *Salvager) takeTokens(ctx context.Context) error {
	saved := map[token.ID]bool{}
	if err := s.db.View(ctx, func(r store.Reader) error {
		return s.tokens.each(r, store.Range{}, func(id []byte, _ token.Token) error { saved[token.ID(id)] = true; return nil })
	}); err != nil {
		return err
	}
	for id, told := range s.stories {
		if !told.alive || saved[id] {
			continue
		}
		v := s.strays[id]
		if v == nil || !s.whole || s.done.Gaps > 0 || len(v.versions) != 1 || told.mentions != 1 {
			s.done.Lost++
			continue
		}
		s.done.Strays++
		if err := s.put(ctx, tokensTable, []byte(id), v.row); err != nil {
			return err
		}
	}
	return s.flush(ctx)
}

// mendSubjects makes the index of the audit log anew.
func (s *Salvager) mendSubjects(w store.Writer) error {
	if err := s.subjects.each(w, store.Range{}, func(key []byte, _ struct{}) error {
		if len(key) < 9 || !s.have[string(key[len(key)-8:])] {
			return w.Delete(subjectsTable, key)
		}
		return nil
	}); err != nil {
		return err
	}
	return s.trail.entries.each(w, store.Range{}, func(_ []byte, e audit.Entry) error {
		about := []string{e.TokenID}
		for _, f := range e.Fields {
			if f.Name == "oldTokenId" {
				about = append(about, f.Value)
			}
		}
		for _, id := range about {
			if id == "" {
				continue
			}
			if err := s.mendSubject(w, subjectKey(id, e.Seq)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Salvager) mendSubject(w store.Writer, key string) error {
	_, ok, err := s.subjects.get(w, key)
	if err == nil && !ok {
		err = s.subjects.put(w, key, struct{}{})
	}
	return err
}

// nobody are the rules of a filter in the place of one that is lost.
const nobody = "deny all"

// mendFilters counts anew which filters are used, and makes those that are
// lost.
func (s *Salvager) mendFilters(w store.Writer) error {
	used := map[ipfilter.ID]uint64{}
	if err := s.tokens.each(w, store.Range{}, func(_ []byte, v token.Token) error {
		used[v.FilterID]++
		return nil
	}); err != nil {
		return err
	}
	delete(used, "")
	if err := s.bound.each(w, store.Range{}, func(id []byte, _ uint64) error { return w.Delete(boundTable, id) }); err != nil {
		return err
	}
	for id, n := range used {
		if err := errors.Join(s.bound.put(w, string(id), n), s.mendFilter(w, id)); err != nil {
			return err
		}
	}
	p, _, err := s.policies.get(w, policiesKey)
	for _, k := range p.Kinds() {
		err = errors.Join(err, s.mendFilter(w, k.FilterID))
	}
	return err
}

func (s *Salvager) mendFilter(w store.Writer, id ipfilter.ID) error {
	if id == "" {
		return nil
	}
	_, ok, err := s.filters.get(w, string(id))
	if err != nil || ok {
		return err
	}
	s.done.Filters++
	return s.filters.put(w, string(id), ipfilter.Filter{ID: id, Name: "lost and salvaged " + string(id), Text: nobody})
}

// mendUses drops the last uses of tokens that are lost.
func (s *Salvager) mendUses(w store.Writer) error {
	return s.uses.each(w, store.Range{}, func(id []byte, _ use) error {
		_, ok, err := s.tokens.get(w, string(id))
		if err == nil && !ok {
			err = w.Delete(usesTable, id)
		}
		return err
	})
}

// mendRepeats notes anew when idempotency keys are forgotten, and how many
// there are.
func (s *Salvager) mendRepeats(w store.Writer) error {
	counted := map[string]uint64{}
	if err := s.made.each(w, store.Range{}, func(key []byte, m made) error {
		actor, err := actorOf(string(key))
		if err != nil {
			return err
		}
		counted[actor]++
		return s.due.put(w, dueKey(m.at, string(key)), struct{}{})
	}); err != nil {
		return err
	}
	for actor, n := range counted {
		if err := s.kept.put(w, actor, n); err != nil {
			return err
		}
	}
	return nil
}

// mendPolicies disables everything if the policies may be lost.
func (s *Salvager) mendPolicies(w store.Writer, damage int) error {
	_, ok, err := s.policies.get(w, policiesKey)
	if err != nil || ok || damage == 0 && s.done.bad() == 0 {
		return err
	}
	s.done.Disabled = true
	return s.policies.put(w, policiesKey, policy.Policies{})
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
	count := func(n int) string { return number(uint64(n)) }
	e.Fields = []audit.Field{
		audit.One("unreadable", count(damage)), audit.One("badRows", count(s.done.bad())),
		audit.One("tokens", count(s.done.Rows[tokensTable])), audit.One("lostTokens", count(s.done.Lost)),
		audit.One("lostEntries", count(s.done.Gaps)), audit.One("lostFilters", count(s.done.Filters)),
		audit.One("disabled", strconv.FormatBool(s.done.Disabled)),
	}
	return s.trail.append(w, e)
}
