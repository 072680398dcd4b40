package rows

import (
	"bytes"
	"context"
	"time"

	"tokenscale/loop"
	"tokenscale/store"
)

// walkPause returns the time between two batches of a walk, in which nobody waits for it. Small
// batches make short breaks, so that a walk in them is not much longer; a store whose commits take
// long, as one of several nodes that all write, has four fifths of its time for others.
func walkPause(most int, commit time.Duration) time.Duration {
	return max(min(20*time.Millisecond, time.Duration(most)*80*time.Microsecond), min(4*commit, time.Second))
}

// WalkTokens calls do with all stored tokens that pick chooses, hidden ones too: of each so many
// tokens those in one transaction. do gets them as they are by then; one that pick does not choose
// any more is left out. Both get the policies of the transaction that they are called in.
func (r *Rows) WalkTokens(
	ctx context.Context, db store.DB, most int, pick func(Present, StoredToken) bool, do func(store.Writer, Present, StoredToken) error,
) error {
	for from, more := []byte(nil), true; more; {
		var keys []string
		err := db.View(ctx, func(tx store.Reader) (err error) {
			keys, from, err = r.pickSome(tx, from, most, pick)
			return err
		})
		if err == nil && len(keys) > 0 {
			err = db.Update(ctx, func(w store.Writer) error { return r.doSome(w, keys, pick, do) }, store.UseReserve)
		}
		if more = from != nil; more && err == nil {
			err = loop.Rest(ctx, walkPause(most, db.Stats().LastDuration))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pickSome returns which of the next so many tokens are chosen, and where to go on; nil at the end.
func (r *Rows) pickSome(tx store.Reader, from []byte, most int, pick func(Present, StoredToken) bool) (keys []string, next []byte, err error) {
	p, err := r.Present(tx)
	if err != nil {
		return nil, nil, err
	}
	seen := 0
	err = r.Tokens.Each(tx, store.Range{From: from}, func(key []byte, v StoredToken) error {
		if seen++; seen > most {
			next = bytes.Clone(key)
			return store.Stop
		}
		if pick(p, v) {
			keys = append(keys, string(key))
		}
		return nil
	})
	return keys, next, err
}

func (r *Rows) doSome(w store.Writer, keys []string, pick func(Present, StoredToken) bool, do func(store.Writer, Present, StoredToken) error) error {
	p, err := r.Present(w)
	if err != nil {
		return err
	}
	for _, key := range keys {
		v, ok, err := r.Tokens.Get(w, key)
		if err != nil {
			return err
		}
		if ok && pick(p, v) {
			if err := do(w, p, v); err != nil {
				return err
			}
		}
	}
	return nil
}
