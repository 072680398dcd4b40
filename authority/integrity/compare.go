package integrity

import (
	"context"
	"slices"

	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
)

// agrees reports whether a row is what memory holds, as far as it holds rows of
// that kind. The error says why the row is not sound.
func (s *Scrubber) agrees(t store.Table, key, row []byte) (bool, error) {
	switch {
	case t == rows.TokensTable:
		v, err := s.Rows.Tokens.Decode(key, row)
		return err != nil || s.agreesToken(v), err
	case t == rows.FiltersTable:
		v, err := s.Rows.Filters.Decode(key, row)
		f, known := s.Index.Filter(ipfilter.ID(key))
		return err != nil || known && f == v, err
	case t == rows.SettingsTable && string(key) == rows.PoliciesKey:
		v, err := s.Rows.Policies.Decode(key, row)
		h := s.Index.History()
		return err != nil || h.Policies == v.Policies && h.Newest == v.Newest && slices.Equal(h.Past, v.Past), err
	case t == rows.SettingsTable && string(key) == rows.RootKey && !s.RootFromOutside:
		v, err := s.Rows.Root.Decode(key, row)
		kept, known := s.Index.Root()
		return err != nil || known && kept == index.Root{Digest: v.Digest, Key: v.Key}, err
	}
	return true, s.Rows.Sound(t, key, row)
}

// agreesToken reports whether a stored token is what memory holds, by the policies that memory
// holds. If they know nothing of its stamp, perhaps it was written a moment ago.
func (s *Scrubber) agreesToken(stored rows.StoredToken) bool {
	v, alive, err := rows.Present{Rows: s.Rows, History: s.Index.History()}.Now(stored)
	if err != nil {
		return false
	}
	// Memory does without these.
	v.CreateRequest, v.RotateRequest, v.RotatedBy, v.RotatedByName = "", "", "", ""
	e, known := s.Index.At(stored.Number, stored.InGrace())
	return known == (alive && !v.Hidden()) && (!known || e.Token() == v)
}

// looks is how often a row must differ from what memory holds.
const looks = 3

// replaced reports whether a row that differs from memory was written by
// somebody else. A change of our own is in the file a moment before memory has
// it, so a look counts only if memory stays as it is until everything that was
// in the file by then has reached it.
func (s *Scrubber) replaced(ctx context.Context, t store.Table, key []byte) (bool, error) {
	for range looks {
		same, before := true, s.inMemory(t, key)
		err := s.DB.View(ctx, func(r store.Reader) error {
			row, err := r.Get(t, key)
			if err == nil && row != nil {
				same, err = s.agrees(t, key, row)
			}
			return err
		})
		if err != nil || same {
			return false, err
		}
		if s.readOnly {
			return true, nil // no change of ours is on its way
		}
		if err := s.DB.Update(ctx, func(store.Writer) error { return nil }, store.UseReserve); err != nil {
			return false, err
		}
		if s.inMemory(t, key) != before {
			return false, nil // it is being changed; the next walk sees
		}
	}
	return true, nil
}

// inMemory returns what is another value whenever memory has got another row.
func (s *Scrubber) inMemory(t store.Table, key []byte) any {
	switch t {
	case rows.TokensTable:
		n, inGrace, _ := rows.ParseTokenKey(key)
		e, _ := s.Index.At(n, inGrace)
		return e
	case rows.FiltersTable:
		return s.Index.Rules(ipfilter.ID(key))
	}
	root, _ := s.Index.Root()
	h := s.Index.History()
	return struct {
		policies policy.Policies
		newest   uint64
		past     int
		root     index.Root
	}{h.Policies, h.Newest, len(h.Past), root}
}
