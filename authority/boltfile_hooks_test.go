package authority

import (
	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// Accepts says whether the server would believe a row.
func Accepts(keys *keyring.Keys, t store.Table, key, row []byte) bool {
	return newRecords(keys).sound(t, key, row) == nil
}
