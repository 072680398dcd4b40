package authority

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

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
