package rollback

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// ErrRollback means that the store is older than the record beside the key
// file says.
var ErrRollback = errors.New("the store is older than it was")

// A milestone is how far a store has come.
type milestone struct {
	epoch uint64            // how often a server was started on it
	seq   uint64            // of its last audit entry
	sum   [sha256.Size]byte // of that entry; two histories differ in it
}

func sumOf(e audit.Entry) [sha256.Size]byte { return sha256.Sum256(rows.PackedEntry(e)) }

// reached returns how far the store has come.
func reached(all *rows.Rows, tx store.Reader) (milestone, error) {
	epoch, _, err := all.Numbers.Get(tx, rows.EpochKey)
	if err != nil {
		return milestone{}, err
	}
	last, err := ledger.New(all).Last(tx)
	return milestone{epoch, last.Seq, sumOf(last)}, err
}

// ErrMoved means that a store is no longer the one in use.
var ErrMoved = errors.New("another store has taken its place")

const whyMoved = "all its rows were copied into another store (store copy), which is used in its place"

// unlike is behind, for a side that may not have been found.
func unlike(all *rows.Rows, tx store.Reader, here, side milestone, found bool) (why string, err error) {
	if _, moved, err := all.Numbers.Get(tx, rows.MovedKey); err != nil || moved {
		return whyMoved, err
	}
	if !found && here.epoch > 0 {
		return "the record beside the key file, which says how far the store had come, is not there", nil
	}
	return behind(all, tx, here, side)
}

// behind says why the store at here cannot have come from where side was, or
// returns nothing if it can.
func behind(all *rows.Rows, tx store.Reader, here, side milestone) (why string, err error) {
	if here.seq < side.seq {
		return fmt.Sprintf("its audit log ends with entry %d, and there was an entry %d", here.seq, side.seq), nil
	}
	if here.epoch < side.epoch {
		return fmt.Sprintf("it knows of %d starts of the server, and there were %d", here.epoch, side.epoch), nil
	}
	if side.seq == 0 {
		return "", nil
	}
	e, ok, err := all.Entries.Get(all.Whole(tx), rows.SeqKey(side.seq))
	if err == nil && (!ok || sumOf(e) != side.sum) {
		why = fmt.Sprintf("entry %d of its audit log is another one than it was", side.seq)
	}
	return why, err
}

// Check returns an error, which wraps ErrRollback if the store is the older
// one, unless the store that tx reads is as new as the record at path says.
func Check(tx store.Reader, keys *keyring.Keys, path string) error {
	all := rows.New(keys)
	side, found, err := file{path, keys}.read()
	if err != nil {
		return err
	}
	here, err := reached(all, tx)
	if err != nil {
		return err
	}
	why, err := unlike(all, tx, here, side, found)
	if err == nil && why != "" {
		err = fmt.Errorf("%w: %s", ErrRollback, why)
		if why == whyMoved {
			err = fmt.Errorf("%w: %w", ErrMoved, err)
		}
	}
	return err
}
