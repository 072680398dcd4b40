package ledger

import (
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// errNameless means that no server has started on the store yet, or that the doctor could not save
// its name and none has since.
var errNameless = errors.New("the store has no name yet, which its audit log is known by; start the server once")

// Origin returns what the log is known by in its checkpoints: a name made of the store's, which
// stays through restarts, backups, compactions and new keys.
func (l Ledger) Origin(r store.Reader) (string, error) {
	id, named, err := l.rows.Numbers.Get(r, rows.StoreKey)
	if err == nil && !named {
		err = errNameless
	}
	return audit.Origin(id), err
}

// OpenCheckpoint reads a signed checkpoint of this log, made under any of the keys.
func (l Ledger) OpenCheckpoint(r store.Reader, signed string) (audit.Checkpoint, error) {
	origin, err := l.Origin(r)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return l.rows.Keys.OpenCheckpoint(signed, origin)
}

// VerifierKey returns the key that checks the signatures of new checkpoints of the log, as one
// line. It is no secret.
func VerifierKey(r store.Reader, keys *keyring.Keys) (string, error) {
	origin, err := New(rows.New(keys)).Origin(r)
	if err != nil {
		return "", err
	}
	return keys.VerifierKey(origin)
}

// Trusting returns the same keys, but accepting also checkpoints of the log that were signed by
// others, given as the lines that VerifierKey has returned.
func Trusting(r store.Reader, keys *keyring.Keys, lines ...string) (*keyring.Keys, error) {
	if len(lines) == 0 {
		return keys, nil
	}
	origin, err := New(rows.New(keys)).Origin(r)
	if err != nil {
		return nil, err
	}
	return keys.Trusting(origin, lines...)
}
