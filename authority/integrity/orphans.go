package integrity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// An orphan is what is known of a token that only rows tell of to which nothing
// in the file leads.
type orphan struct {
	key      []byte
	row      []byte
	versions map[[sha256.Size]byte]bool
}

// takeOrphan takes a row of an unknown table: its seal tells which. Audit
// entries are never changed, so each is as good as any; tokens wait for
// Finish, and other rows cannot be told from old ones.
func (s *Salvager) takeOrphan(ctx context.Context, key, row []byte) error {
	if s.rows.Sound(rows.AuditTable, key, row) == nil {
		if s.have[string(key)] {
			return nil
		}
		s.done.Orphans++
		return s.put(ctx, rows.AuditTable, key, row)
	}
	if s.rows.Sound(rows.EvidenceTable, key, row) == nil {
		return s.put(ctx, rows.EvidenceTable, key, row) // it never changes either
	}
	t, err := s.rows.Tokens.Decode(key, row)
	if err != nil {
		return nil // it is of another table
	}
	v := s.orphans[t.ID]
	if v == nil {
		v = &orphan{versions: map[[sha256.Size]byte]bool{}}
		s.orphans[t.ID] = v
	}
	v.key, v.row = bytes.Clone(key), bytes.Clone(row)
	v.versions[sha256.Sum256(row)] = true
	return nil
}

// readTrail counts the gaps in the audit log and learns what it says of each
// token.
func (s *Salvager) readTrail(r store.Reader) error {
	err := s.readLog(s.rows.Whole(r))
	if errors.Is(err, rows.ErrPast) {
		s.histories, s.done.Gaps, s.partly = newHistory(), 0, true
		err = s.readLog(r)
	}
	return err
}

func (s *Salvager) readLog(r store.Reader) error {
	last, err := s.unread(r)
	if err != nil {
		return err
	}
	return s.histories.read(s.rows, r, func(e audit.Entry) {
		s.done.Gaps += int(e.Seq - last - 1)
		last = e.Seq
	})
}

// unread returns the last entry that has left the store, if r cannot read those.
func (s *Salvager) unread(r store.Reader) (uint64, error) {
	if _, ok := r.(rows.Past); ok {
		return 0, nil
	}
	left, err := s.rows.LastSegment(r)
	return left.Last, err
}

// takeTokens takes the orphans that are certainly the newest rows of their
// tokens: the audit log was read whole, to its very end, and knows of nothing
// but their making.
func (s *Salvager) takeTokens(ctx context.Context) error {
	saved, taken := map[token.ID]bool{}, map[string]bool{}
	if err := s.db.View(ctx, func(r store.Reader) error {
		return s.rows.Tokens.Each(r, store.Range{}, func(key []byte, v rows.StoredToken) error {
			saved[v.ID], taken[string(key)] = true, true
			return nil
		})
	}); err != nil {
		return err
	}
	for id, told := range s.histories.of {
		if !told.alive || saved[id] {
			continue
		}
		v := s.orphans[id]
		if v == nil || !s.whole || s.done.Gaps > 0 || len(v.versions) != 1 || told.mentions != 1 || taken[string(v.key)] {
			s.done.Lost++
			continue
		}
		s.done.Orphans++
		taken[string(v.key)] = true
		if err := s.put(ctx, rows.TokensTable, v.key, v.row); err != nil {
			return err
		}
	}
	return s.flush(ctx)
}

// dropRefuted drops tokens of which the audit log says that they are not as their rows are:
// somebody has put an older row back, or the disk has lost the write of a newer one. In the new
// store they would count.
func (s *Salvager) dropRefuted(ctx context.Context) error {
	if !s.whole || s.done.Gaps > 0 {
		return nil // the log does not know
	}
	var keys []string
	if err := s.db.View(ctx, func(r store.Reader) error {
		return s.rows.Tokens.Each(r, store.Range{}, func(key []byte, v rows.StoredToken) error {
			if told := s.histories.of[v.ID]; told != nil && !v.Hidden() && told.refutes(v, s.partly) {
				keys = append(keys, string(key))
			}
			return nil
		})
	}); err != nil {
		return err
	}
	for part := range slices.Chunk(keys, salvageBatch) {
		if err := s.db.Update(ctx, func(w store.Writer) (err error) {
			for _, key := range part {
				err = errors.Join(err, s.rows.Tokens.Delete(w, key))
			}
			return err
		}); err != nil {
			return err
		}
	}
	s.done.Rows[rows.TokensTable] -= len(keys)
	return nil
}
