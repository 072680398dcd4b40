package authority

import (
	"errors"
	"fmt"
	"sync"

	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// errMissing means that a row is not there that always should be.
var errMissing = errors.New("the row is missing: it was taken out outside the server, or the disk lost it")

// A table keeps values of one type, packed and sealed, under keys.
type table[V any] struct {
	name   store.Table
	keys   *keyring.Keys
	pack   func(*packer, V)
	unpack func(*unpacker, []byte) V // gets the row's key too
}

// get returns the value under key, and whether there is one. A row that is
// not as this server wrote it is an error.
func (t table[V]) get(tx store.Reader, key string) (V, bool, error) {
	row, err := tx.Get(t.name, []byte(key))
	if err != nil || row == nil {
		var none V
		return none, false, err
	}
	v, err := t.decode([]byte(key), row)
	return v, err == nil, err
}

// must returns the value under a key that is never missing by right.
func (t table[V]) must(tx store.Reader, key string) (V, error) {
	v, ok, err := t.get(tx, key)
	if err == nil && !ok {
		err = fmt.Errorf("table %s, key %q: %w", t.name, key, errMissing)
	}
	return v, err
}

// packers are used again and again: a store copies what it is given.
var packers = sync.Pool{New: func() any { return new(packer) }}

// put writes v under key.
func (t table[V]) put(tx store.Writer, key string, v V) error {
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.out = t.keys.Begin(p.out[:0])
	t.pack(p, v)
	p.out = t.keys.End(p.out, t.name, []byte(key))
	return tx.Put(t.name, []byte(key), p.out)
}

func (t table[V]) drop(tx store.Writer, key string) error {
	return tx.Delete(t.name, []byte(key))
}

// decode opens and unpacks one stored row.
func (t table[V]) decode(key, row []byte) (V, error) {
	var none V
	payload, err := t.keys.Open(t.name, key, row)
	if err != nil {
		return none, err
	}
	return t.parse(key, payload)
}

// parse unpacks the payload of a row.
func (t table[V]) parse(key, payload []byte) (V, error) {
	u := &unpacker{in: payload}
	v := t.unpack(u, key)
	if err := u.end(); err != nil {
		var none V
		return none, fmt.Errorf("table %s, key %q: %w", t.name, key, err)
	}
	return v, nil
}

// each calls fn with every value in the range, in the order of the keys.
func (t table[V]) each(tx store.Reader, r store.Range, fn func(key []byte, v V) error) error {
	return tx.Scan(t.name, r, func(key, row []byte) error {
		v, err := t.decode(key, row)
		if err != nil {
			return err
		}
		return fn(key, v)
	})
}
