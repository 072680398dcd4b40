package authority

import (
	"context"

	"tokenscale/authority/integrity"
	"tokenscale/store"
)

// Check reads every row of the store and reports all that is wrong with them. It
// looks at one moment between two changes, and delays nobody.
func (a *Authority) Check(ctx context.Context) error { return integrity.Check(ctx, a.store, a.rows) }

// SoundRow returns nil if the row is as this server writes rows of t. Many
// goroutines may call it at once.
func (a *Authority) SoundRow(t store.Table, key, row []byte) error {
	return integrity.SoundRow(a.rows, t, key, row)
}
