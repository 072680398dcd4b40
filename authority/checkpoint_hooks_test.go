package authority

import (
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// The tables of what proves the audit log.
const (
	TreeTable        = rows.TreeTable
	CheckpointsTable = rows.CheckpointsTable
)

// Resealed returns a sealed row as it would stand under another key: what
// somebody can do who has the key file.
func Resealed(keys *keyring.Keys, t store.Table, from, to, row string) []byte {
	payload, err := keys.Open(t, []byte(from), []byte(row))
	if err != nil {
		panic(err)
	}
	return keys.Seal(t, []byte(to), payload)
}

// SealedAs returns a row as somebody could write it who has only the keys by.
func SealedAs(by, keys *keyring.Keys, t store.Table, row store.Row) []byte {
	payload, err := keys.Open(t, row.Key, row.Value)
	if err != nil {
		panic(err)
	}
	return by.Seal(t, row.Key, payload)
}

// Newest returns the newest checkpoint that was made.
func (a *Authority) Newest() (size uint64, note string) {
	c := a.checkpoints.Newest()
	return c.Size, c.Note
}
