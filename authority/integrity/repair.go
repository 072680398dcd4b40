package integrity

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// repairSubjects makes the index of the audit log anew.
func (s *Salvager) repairSubjects(w store.Writer) error {
	if err := s.rows.Subjects.Each(w, store.Range{}, func(key []byte, held token.ID) error {
		n, seq, _ := rows.ParseSubjectKey(key)
		if s.have[rows.SeqKey(seq)] || seq == 0 {
			return nil
		}
		if err := w.Delete(rows.SubjectsTable, key); err != nil || n == 0 || held == "" {
			return err
		}
		return s.keepID(w, n, held) // its entry is lost; the number must not be given again
	}); err != nil {
		return err
	}
	if err := s.rows.Entries.Each(w, store.Range{}, func(_ []byte, e audit.Entry) error {
		key, held, ok := rows.SubjectOf(e)
		if !ok {
			return nil
		}
		return s.rows.Subjects.Put(w, key, held)
	}); err != nil {
		return err
	}
	return s.rows.Tokens.Each(w, store.Range{}, func(_ []byte, v token.Token) error {
		known, err := s.rows.HasID(w, v.Number, v.ID)
		if err != nil || known {
			return err
		}
		return s.keepID(w, v.Number, v.ID)
	})
}

// keepID has an id stand under a number although the entry that gave it is lost. There is room for
// one; of two the later call counts.
func (s *Salvager) keepID(w store.Writer, n token.Number, id token.ID) error {
	return s.rows.Subjects.Put(w, rows.SubjectKey(n, 0), id)
}

// nobody are the rules of a filter in the place of one that is lost.
const nobody = "deny all"

// repairFilters counts anew which filters are used, and makes those that are
// lost.
func (s *Salvager) repairFilters(w store.Writer) error {
	used := map[ipfilter.ID]uint64{}
	if err := s.rows.Tokens.Each(w, store.Range{}, func(_ []byte, v token.Token) error {
		if !v.Hidden() {
			used[v.FilterID]++
		}
		return nil
	}); err != nil {
		return err
	}
	delete(used, "")
	if err := s.rows.Bound.Each(w, store.Range{}, func(id []byte, _ uint64) error { return w.Delete(rows.BoundTable, id) }); err != nil {
		return err
	}
	for id, n := range used {
		if err := errors.Join(s.rows.Bound.Put(w, string(id), n), s.repairFilter(w, id)); err != nil {
			return err
		}
	}
	p, _, err := s.rows.Policies.Get(w, rows.PoliciesKey)
	for _, k := range p.Kinds() {
		err = errors.Join(err, s.repairFilter(w, k.FilterID))
	}
	return err
}

func (s *Salvager) repairFilter(w store.Writer, id ipfilter.ID) error {
	if id == "" {
		return nil
	}
	_, ok, err := s.rows.Filters.Get(w, string(id))
	if err != nil || ok {
		return err
	}
	s.done.Filters++
	return s.rows.Filters.Put(w, string(id), ipfilter.Filter{ID: id, Name: "lost and salvaged " + string(id), Text: nobody})
}

// repairUses drops the last uses of tokens that are lost.
func (s *Salvager) repairUses(w store.Writer) error {
	return s.rows.Uses.Each(w, store.Range{}, func(key []byte, _ rows.Use) error {
		_, ok, err := s.rows.Tokens.Get(w, string(key))
		if err == nil && !ok {
			err = w.Delete(rows.UsesTable, key)
		}
		return err
	})
}

// repairPolicies disables everything if the policies may be lost.
func (s *Salvager) repairPolicies(w store.Writer, damage int) error {
	_, ok, err := s.rows.Policies.Get(w, rows.PoliciesKey)
	if err != nil || ok || damage == 0 && s.done.bad() == 0 {
		return err
	}
	s.done.Disabled = true
	return s.rows.Policies.Put(w, rows.PoliciesKey, policy.Policies{})
}
