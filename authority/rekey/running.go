package rekey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/loop"
)

// Running turns the keys of a server that runs. Its methods may be called by many goroutines at
// once, but for Shut.
type Running struct {
	Turn
	Reached *rollback.Record // the record beside the key file; nil without one
	Time    func() time.Time // as the store's own, which says for how long it is read
	Taking  func()           // is called before keys are taken over; see Take
	Log     *slog.Logger

	said  keyring.Sealing // as of the last call of Shut
	since time.Time       // when Shut was first called after that was said
}

// recordTime is how long the record may take to be written under a new key.
const recordTime = 30 * time.Second

// Rotate is Turn.Rotate, and also returns only when the record beside the key file is under the new
// key: then the older ones can be marked as old.
func (k *Running) Rotate(ctx context.Context) (done Rotated, err error) {
	if done, err = k.Turn.Rotate(ctx); err != nil || k.Reached == nil {
		return done, err
	}
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	for k.Reached.Under() != done.Key {
		if loop.Rest(ctx, 20*time.Millisecond) != nil {
			return done, errors.New("all rows are under the new key, but the record of the store's state could not be written under it; the log says why")
		}
	}
	return done, nil
}

// Take goes on with the keys of the key file as it is now. It refuses one without a key that the
// store needs; then those of before stay in use.
func (k *Running) Take(ctx context.Context, from *keyring.Keys) error {
	if err := k.Missed(ctx, k.Rows.Keys.Gone(from)); err != nil {
		return fmt.Errorf("it lacks a key: %w", err)
	}
	k.Taking()
	return k.Rows.Keys.Adopt(from)
}

// GoOn finishes a rotation that was cut off.
func (k *Running) GoOn(ctx context.Context) error {
	n, err := k.Finish(ctx)
	if n > 0 {
		k.Log.InfoContext(ctx, "rows were brought under the key that seals", "rows", n, "key", k.Rows.Keys.SealingID().String())
	}
	return err
}

// Shut has older keys open nothing any more, once nothing is sealed under them and nobody reads
// what was read before that: not at the first call after it was said, but at a later one, when no
// transaction is left that began before the first.
func (k *Running) Shut(context.Context) error {
	now := k.Time()
	if said := k.Rows.Keys.Said(); said != k.said {
		k.said, k.since = said, now
	}
	if k.DB.Stats().OldestRead < now.Sub(k.since) {
		k.Rows.Keys.Shut()
	}
	return nil
}
