package rows

import (
	"errors"
	"sync"

	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// ErrMissing means that a row is not there that always should be.
var ErrMissing = errors.New("the row is missing: it was taken out outside the server, or the disk lost it")

// A Table keeps values of one type, packed and sealed, under keys.
type Table[V any] struct {
	Name   store.Table
	keys   *keyring.Keys
	pack   func(*Packer, V)
	unpack func(*Unpacker, []byte) V // gets the row's key too
}

// Get returns the value under key, and whether there is one. A row that is
// not as this server wrote it is an error.
func (t Table[V]) Get(tx store.Reader, key string) (V, bool, error) {
	row, err := tx.Get(t.Name, []byte(key))
	if err != nil || row == nil {
		var none V
		return none, false, err
	}
	v, err := t.Decode([]byte(key), row)
	return v, err == nil, err
}

// Require returns the value under a key that is never missing by right.
func (t Table[V]) Require(tx store.Reader, key string) (V, error) {
	v, ok, err := t.Get(tx, key)
	if err == nil && !ok {
		err = of(t.Name, []byte(key), ErrMissing)
	}
	return v, err
}

// packers are used again and again: a store copies what it is given.
var packers = sync.Pool{New: func() any { return new(Packer) }}

// Seal returns the row that put writes.
func (t Table[V]) Seal(key string, v V) []byte {
	p := Packer{Out: t.keys.Begin(nil)}
	t.pack(&p, v)
	return t.keys.End(p.Out, t.Name, []byte(key))
}

// Packed returns the payload of the row of v.
func (t Table[V]) Packed(v V) []byte {
	var p Packer
	t.pack(&p, v)
	return p.Out
}

// Put writes v under key.
func (t Table[V]) Put(tx store.Writer, key string, v V) error {
	p := packers.Get().(*Packer)
	defer packers.Put(p)
	p.Out = t.keys.Begin(p.Out[:0])
	t.pack(p, v)
	p.Out = t.keys.End(p.Out, t.Name, []byte(key))
	return tx.Put(t.Name, []byte(key), p.Out)
}

// Delete removes the row under key, if there is one.
func (t Table[V]) Delete(tx store.Writer, key string) error {
	return tx.Delete(t.Name, []byte(key))
}

// Decode opens and unpacks one stored row.
func (t Table[V]) Decode(key, row []byte) (V, error) {
	var none V
	payload, err := t.keys.Open(t.Name, key, row)
	if err != nil {
		return none, named(err)
	}
	return t.Parse(key, payload)
}

// Parse unpacks the payload of a row.
func (t Table[V]) Parse(key, payload []byte) (V, error) {
	u := &Unpacker{In: payload}
	v := t.unpack(u, key)
	if err := u.End(); err != nil {
		var none V
		return none, of(t.Name, key, err)
	}
	return v, nil
}

// Each calls fn with every value in the range, in the order of the keys.
func (t Table[V]) Each(tx store.Reader, r store.Range, fn func(key []byte, v V) error) error {
	return tx.Scan(t.Name, r, func(key, row []byte) error {
		v, err := t.Decode(key, row)
		if err != nil {
			return err
		}
		return fn(key, v)
	})
}
