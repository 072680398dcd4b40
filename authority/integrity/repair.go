package integrity

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// repairKeys has the store say which key seals, if that is lost. Rows may be under others, which
// the next start then brings under it.
func (s *Salvager) repairKeys(w store.Writer) error {
	_, found, err := s.rows.Sealing.Get(w, rows.KeysKey)
	if err != nil || found {
		return err
	}
	return s.rows.Sealing.Put(w, rows.KeysKey, keyring.Sealing{Key: s.rows.Keys.SealingID(), Step: 1})
}

// repairSubjects makes the index of the audit log anew.
func (s *Salvager) repairSubjects(w store.Writer) error {
	left, err := s.rows.LastSegment(w)
	if err != nil {
		return err
	}
	if err := s.rows.Subjects.Each(w, store.Range{}, func(key []byte, held token.ID) error {
		n, seq, _ := rows.ParseSubjectKey(key)
		if s.have[rows.SeqKey(seq)] || seq <= left.Last { // of entry 0 as well
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
	if err := s.rows.Tokens.Each(w, store.Range{}, func(_ []byte, v rows.StoredToken) error {
		known, err := s.rows.HasID(w, v.Number, v.ID)
		if err != nil || known {
			return err
		}
		return s.keepID(w, v.Number, v.ID)
	}); err != nil {
		return err
	}
	return s.keepHighest(w)
}

// keepHighest has the highest number stand in the index that a token had by what has left the
// store, so that it is not given again.
func (s *Salvager) keepHighest(w store.Writer) error {
	highest, err := highestLeft(w, s.rows)
	if err != nil {
		return err
	}
	next, err := s.rows.NextNumber(w)
	if err != nil || next > highest {
		return err
	}
	return s.keepID(w, highest, "")
}

// highestLeft returns the highest number that a token had by what has left the store, or 0.
func highestLeft(r store.Reader, all *rows.Rows) (highest token.Number, err error) {
	err = all.Segments.Each(r, store.Range{}, func(_ []byte, left rows.Segment) error {
		highest = max(highest, left.Highest)
		return nil
	})
	return highest, err
}

// keepID has an id stand under a number although the entry that gave it is lost. There is room for
// one; of two the later call counts.
func (s *Salvager) keepID(w store.Writer, n token.Number, id token.ID) error {
	return s.rows.Subjects.Put(w, rows.SubjectKey(n, 0), id)
}

// nobody are the rules of a filter in the place of one that is lost.
const nobody = "deny all"

// repairFilters makes the filters that are lost and in use.
func (s *Salvager) repairFilters(w store.Writer) error {
	used := map[ipfilter.ID]bool{}
	if err := eachToken(s.rows, w, func(_ rows.StoredToken, v token.Token, _ bool) error {
		if !v.Hidden() {
			used[v.FilterID] = true
		}
		return nil
	}); err != nil {
		return err
	}
	for id := range used {
		if err := s.repairFilter(w, id); err != nil {
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
	return s.rows.Filters.Put(w, string(id), lostFilter(id))
}

// lostFilter is what stands in the place of a filter that is lost.
func lostFilter(id ipfilter.ID) ipfilter.Filter {
	return ipfilter.Filter{ID: id, Name: "lost and salvaged " + string(id), Text: nobody}
}

// repairRules gives filters the rules that the audit log tells, where the rows have others: an
// older row was put back, or the disk has lost the write of a newer one.
func (s *Salvager) repairRules(w store.Writer) error {
	if !s.whole || s.done.Gaps > 0 {
		return nil // the log does not know
	}
	return s.rows.Filters.Each(w, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
		told, refuted := s.histories.filter(f)
		if !refuted {
			return nil
		}
		s.done.Rules++
		return s.rows.Filters.Put(w, string(f.ID), told)
	})
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

// repairPolicies disables everything if the policies may be lost. What came before them is lost as
// well, so only tokens that were up to date can be kept.
func (s *Salvager) repairPolicies(w store.Writer, damage int) error {
	_, ok, err := s.rows.Policies.Get(w, rows.PoliciesKey)
	if err != nil || ok || damage == 0 && s.done.bad() == 0 {
		return err
	}
	var lost policy.History
	if err := s.rows.Tokens.Each(w, store.Range{}, func(_ []byte, v rows.StoredToken) error {
		lost.Newest = max(lost.Newest, v.Stamp)
		return nil
	}); err != nil {
		return err
	}
	s.done.Disabled = true
	return s.rows.Policies.Put(w, rows.PoliciesKey, lost)
}

// repairTokens leaves out tokens of which nobody can tell what the policies have done to them
// since, and those that they have deleted, and brings the others up to date.
func (s *Salvager) repairTokens(w store.Writer) error {
	present, err := s.rows.Present(w)
	if errors.Is(err, rows.ErrMissing) {
		return nil // of a store that was never used
	}
	if err != nil {
		return err
	}
	return s.rows.Tokens.Each(w, store.Range{}, func(key []byte, v rows.StoredToken) error {
		if _, _, err := present.Now(v); err != nil {
			s.done.Lost++
			return w.Delete(rows.TokensTable, key)
		}
		return present.Mend(w, v)
	})
}

// repairEvidence drops what changes did whose entries are lost.
func (s *Salvager) repairEvidence(w store.Writer) error {
	return s.rows.Evidence.Each(w, store.Range{}, func(key, _ []byte) error {
		if seq, _, _ := rows.ParseEvidenceKey(key); !s.have[rows.SeqKey(seq)] {
			return w.Delete(rows.EvidenceTable, key)
		}
		return nil
	})
}
