package authority

import "tokenscale/store"

// Accepts says whether the server would believe a row.
func Accepts(keys *Keys, t store.Table, key, row []byte) bool {
	return newRecords(keys).sound(t, key, row) == nil
}
