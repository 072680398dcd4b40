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
	if err := s.rows.Subjects.Each(w, store.Range{}, func(key []byte, _ struct{}) error {
		if len(key) < 9 || !s.have[string(key[len(key)-8:])] {
			return w.Delete(rows.SubjectsTable, key)
		}
		return nil
	}); err != nil {
		return err
	}
	return s.rows.Entries.Each(w, store.Range{}, func(_ []byte, e audit.Entry) error {
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
			if err := s.repairSubject(w, rows.SubjectKey(id, e.Seq)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Salvager) repairSubject(w store.Writer, key string) error {
	_, ok, err := s.rows.Subjects.Get(w, key)
	if err == nil && !ok {
		err = s.rows.Subjects.Put(w, key, struct{}{})
	}
	return err
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
	return s.rows.Uses.Each(w, store.Range{}, func(id []byte, _ rows.Use) error {
		_, ok, err := s.rows.Tokens.Get(w, string(id))
		if err == nil && !ok {
			err = w.Delete(rows.UsesTable, id)
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
