package authority_test

import (
	"context"
	"fmt"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/store"
	"tokenscale/token"
)

// seed writes n tokens straight into the store, as a test that needs many
// has no time to create them, and opens the House again. The audit log knows
// nothing of them.
func seed(t testing.TB, h *authoritytest.House, n int, shape func(i int, v *token.Token)) []token.ID {
	t.Helper()
	h.Unchecked = true
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	made := make([]token.Token, n)
	ids := make([]token.ID, n)
	for i := range made {
		ids[i] = token.ID(fmt.Sprintf("%032d", i))
		made[i] = token.Token{ID: ids[i], Name: fmt.Sprint("seed ", i), CreatedAt: h.Clock.Millis(), IssuedAt: h.Clock.Millis(), Permissions: health, CreatedBy: token.Root}
		shape(i, &made[i])
	}
	for rows := authority.Rows(keys, made); len(rows) > 0; {
		batch := rows[:min(len(rows), 10_000)]
		rows = rows[len(batch):]
		must(t, h.DB.Update(context.Background(), func(w store.Writer) error {
			for _, row := range batch {
				if err := w.Put(row.Table, row.Key, row.Value); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	h.Reopen()
	return ids
}
