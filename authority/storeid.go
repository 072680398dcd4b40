package authority

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// StoreID returns the name of the store: up to 13 small letters and digits,
// chosen at random when it was made, and kept by its backups. The page's cookie
// is called after it, so that the browser keeps those of two servers on one
// host name apart. It is no secret.
func (a *Authority) StoreID() string { return strconv.FormatUint(a.storeID, 36) }

// nameStore finds out what the store is called, and gives it a name if it has
// none. One that can only be read gets a name for this run.
func (a *Authority) nameStore(ctx context.Context) error {
	named := false
	err := a.store.View(ctx, func(r store.Reader) (err error) {
		a.storeID, named, err = a.rows.Numbers.Get(r, rows.StoreKey)
		return err
	})
	if err != nil || named {
		return err
	}
	var b [8]byte
	if _, err := io.ReadFull(a.random, b[:]); err != nil {
		return fmt.Errorf("naming the store: %w", err)
	}
	a.storeID = binary.BigEndian.Uint64(b[:])
	if a.verifyOnly {
		return nil
	}
	return a.store.Update(ctx, func(w store.Writer) error { return a.rows.Numbers.Put(w, rows.StoreKey, a.storeID) })
}
