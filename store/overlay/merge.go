package overlay

import (
	"bytes"
	"context"
	"errors"

	"tokenscale/store"
)

// A Layer walks its part of a range of a table, in the order of the range. A row with a nil key
// means that there is no more; one with a nil value was deleted in this layer. The bytes are
// valid until the next call.
type Layer interface {
	First() (store.Row, error)
	Next() (store.Row, error)
}

// Merge calls fn with the rows of all layers in order. Where two layers have the same key the
// earlier layer hides the later one. It returns what fn returns, except that store.Stop ends the
// walk without an error, and ends with ctx.
func Merge(ctx context.Context, r store.Range, fn func(key, value []byte) error, layers ...Layer) error {
	heads := make([]store.Row, len(layers))
	for i, l := range layers {
		var err error
		if heads[i], err = l.First(); err != nil {
			return err
		}
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err() // nobody waits for the rest of a long walk
		}
		next := foremost(heads, r.Reverse)
		if next.Key == nil {
			return nil
		}
		if next.Value != nil {
			if err := fn(next.Key, next.Value); errors.Is(err, store.Stop) {
				return nil
			} else if err != nil || r.One {
				return err
			}
		}
		if err := advance(heads, layers, next.Key); err != nil {
			return err
		}
	}
}

// foremost returns the row that comes next; of equals, the first.
func foremost(heads []store.Row, reverse bool) store.Row {
	var best store.Row
	for _, h := range heads {
		if h.Key == nil {
			continue
		}
		if order := bytes.Compare(h.Key, best.Key); best.Key == nil || order < 0 && !reverse || order > 0 && reverse {
			best = h
		}
	}
	return best
}

// advance moves every layer that stands at key.
func advance(heads []store.Row, layers []Layer, key []byte) error {
	for i, l := range layers {
		if heads[i].Key == nil || !bytes.Equal(heads[i].Key, key) {
			continue
		}
		var err error
		if heads[i], err = l.Next(); err != nil {
			return err
		}
	}
	return nil
}

// Past reports whether key lies beyond the end that a walk over r runs towards.
func Past(r store.Range, key []byte) bool {
	if r.Reverse {
		return r.From != nil && bytes.Compare(key, r.From) < 0
	}
	return r.To != nil && bytes.Compare(key, r.To) >= 0
}
