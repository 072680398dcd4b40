package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// ErrUnequal means that two stores that should be equal are not.
var ErrUnequal = errors.New("the stores are not equal")

// A TableSum says what a table holds.
type TableSum struct {
	Table store.Table
	Rows  int
	Sum   [sha256.Size]byte // over all keys and values, in their order
}

// Compare reads two stores and returns what both hold, table by table, and the number of the last
// audit entry and the root of the tree over all of them. It fails with ErrUnequal if there is a
// difference.
func Compare(ctx context.Context, from, to Source, keys *keyring.Keys) (sums []TableSum, log ledger.Report, err error) {
	there, logThere, err := sumsOf(ctx, from, keys)
	if err != nil {
		return nil, log, err
	}
	sums, log, err = sumsOf(ctx, to, keys)
	if err != nil {
		return nil, log, err
	}
	for i, s := range sums {
		if s != there[i] {
			return nil, log, fmt.Errorf("%w: the table %s has %d rows in one and %d in the other, or some of them differ", ErrUnequal, s.Table, there[i].Rows, s.Rows)
		}
	}
	if log.Size != logThere.Size || log.Root != logThere.Root {
		return nil, log, fmt.Errorf("%w: the audit logs have %d and %d entries, and the roots %s and %s", ErrUnequal, logThere.Size, log.Size, logThere.Root, log.Root)
	}
	return sums, log, nil
}

// sumsOf returns what a store holds.
func sumsOf(ctx context.Context, from Source, keys *keyring.Keys) (sums []TableSum, log ledger.Report, err error) {
	err = from.View(ctx, func(r store.Reader) error {
		sums = nil
		stored := r
		if p, ok := r.(rows.Past); ok {
			stored = p.Present()
		}
		if err := integrity.ReadSummed(stored, keys, rows.Tables(), func(r store.Reader) error {
			for _, t := range rows.Tables() {
				s, err := sumOf(r, t)
				if err != nil {
					return err
				}
				sums = append(sums, s)
			}
			return nil
		}); err != nil {
			return err // the copy would make old rows the newest
		}
		log, err = ledger.Examine(ctx, r, keys)
		if err == nil && len(log.Found) > 0 {
			err = fmt.Errorf("the audit log is not what was written: %v", log.Found[0])
		}
		return err
	})
	return sums, log, err
}

func sumOf(r store.Reader, t store.Table) (TableSum, error) {
	s, h := TableSum{Table: t}, sha256.New()
	err := r.Scan(t, store.Range{}, func(key, value []byte) error {
		if stays(t, key) {
			return nil
		}
		s.Rows++
		add(h, key)
		add(h, value)
		return nil
	})
	h.Sum(s.Sum[:0])
	return s, err
}

// add writes a text behind its length, so that no two lists of texts read the same.
func add(h hash.Hash, text []byte) {
	h.Write(binary.AppendUvarint(nil, uint64(len(text))))
	h.Write(text)
}
