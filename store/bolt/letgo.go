package bolt

import (
	"go.etcd.io/bbolt"

	"tokenscale/platform"
)

// LetGo hands the pages of the file that were read so far back to the kernel,
// which keeps them as long as it has nothing better to do with the memory. The
// file is mapped, so a walk through all of it, as at a start, would else count
// as memory of this process. What is needed again comes back by itself. It is a
// wish, and no failure if it is not granted.
func (db *DB) LetGo() {
	tx, err := db.begin(false) // while it is open, the file is not mapped anew
	if err != nil {
		return
	}
	letGo(tx.Tx)
	_ = db.rollback(tx) // it has changed nothing
}

func letGo(tx *bbolt.Tx) {
	platform.Release(tx.DB().Info().Data, tx.Size())
}
