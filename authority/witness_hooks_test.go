package authority

import "tokenscale/store"

// The tables of what proves the audit log.
const (
	TreeTable        = treeTable
	CheckpointsTable = checkpointsTable
)

// Reseal returns a sealed row as it would stand under another key: what
// somebody can do who has the key file.
func Reseal(keys *Keys, t store.Table, from, to, row string) []byte {
	payload, err := keys.open(t, []byte(from), []byte(row))
	if err != nil {
		panic(err)
	}
	return keys.seal(t, []byte(to), payload)
}
