package authority

import (
	"context"
	"encoding/binary"

	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
)

// ForgetKeys removes the idempotency keys that no longer count. It is safe for
// concurrent use.
func (a *Authority) ForgetKeys(ctx context.Context) error {
	for {
		now := a.clock()
		var over []string
		if err := a.store.View(ctx, func(r store.Reader) (err error) {
			over, err = overdue(a.rows, r, now)
			return err
		}); err != nil || len(over) == 0 {
			return err
		}
		if err := a.store.Update(ctx, func(w store.Writer) error {
			return forgetAll(a.rows, w, over)
		}, store.UseReserve); err != nil {
			return err
		}
	}
}

// overdue returns the first of the keys in due that are over.
func overdue(r *rows.Rows, tx store.Reader, now epoch.Millis) (over []string, err error) {
	err = r.Due.Each(tx, store.Range{}, func(key []byte, _ struct{}) error {
		if len(key) < 8 {
			return rows.ErrMalformed
		}
		at := epoch.Millis(binary.BigEndian.Uint64(key))
		if policy.KeyCounts(at, now) || len(over) == backgroundBatch {
			return store.Stop
		}
		over = append(over, string(key))
		return nil
	})
	return over, err
}

// forgetAll forgets what is over. Under a row of one there may be another by
// now, which has a time of its own.
func forgetAll(r *rows.Rows, tx store.Writer, over []string) error {
	for _, key := range over {
		row := key[8:]
		m, ok, err := r.Made.Get(tx, row)
		if err != nil {
			return err
		}
		drop := func() error { return r.Due.Delete(tx, key) }
		if ok && rows.DueKey(m.At, row) == key {
			drop = func() error { return r.Forget(tx, row) }
		}
		if err := drop(); err != nil {
			return err
		}
	}
	return nil
}
