package bolt

import (
	"bytes"
	"context"
	"errors"

	"tokenscale/store"
)

// row is a row, or the absence of one: a nil key means that there is no more,
// a nil value that the row was deleted in this layer.
type row struct{ key, value []byte }

// A layer walks its part of a range, in the order of the range.
type layer interface {
	first() (row, error)
	next() (row, error)
}

// merge calls fn with the rows of all layers in order. Where two layers have
// the same key the earlier layer hides the later one.
func merge(ctx context.Context, r store.Range, fn func(key, value []byte) error, layers ...layer) error {
	heads := make([]row, len(layers))
	for i, l := range layers {
		var err error
		if heads[i], err = l.first(); err != nil {
			return err
		}
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err() // nobody waits for the rest of a long walk
		}
		next := foremost(heads, r.Reverse)
		if next.key == nil {
			return nil
		}
		if next.value != nil {
			if err := fn(next.key, next.value); errors.Is(err, store.Stop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if err := advance(heads, layers, next.key); err != nil {
			return err
		}
	}
}

// foremost returns the row that comes next; of equals, the first.
func foremost(heads []row, reverse bool) row {
	var best row
	for _, h := range heads {
		if h.key == nil {
			continue
		}
		if order := bytes.Compare(h.key, best.key); best.key == nil || order < 0 && !reverse || order > 0 && reverse {
			best = h
		}
	}
	return best
}

// advance moves every layer that stands at key.
func advance(heads []row, layers []layer, key []byte) error {
	for i, l := range layers {
		if heads[i].key == nil || !bytes.Equal(heads[i].key, key) {
			continue
		}
		var err error
		if heads[i], err = l.next(); err != nil {
			return err
		}
	}
	return nil
}
