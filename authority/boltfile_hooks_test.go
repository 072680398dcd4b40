package authority

import (
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// Accepts says whether the server would believe a row.
func Accepts(keys *keyring.Keys, t store.Table, key, row []byte) bool {
	return rows.New(keys).Sound(t, key, row) == nil
}
