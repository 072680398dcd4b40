package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"tokenscale/store"
)

// errOver is what a Reader or Writer says after its transaction.
var errOver = errors.New("used after its transaction was over")

// reader is a store.Reader on the file alone.
type reader struct {
	ctx   context.Context
	tx    *bbolt.Tx         // nil once the transaction is over
	stop  func(error) error // for damage that shows while reading
	lacks []store.Table     // declared, but not in the file
}

// Get implements store.Reader.
func (r *reader) Get(t store.Table, key []byte) (value []byte, err error) {
	defer r.guard(&err)
	b, err := r.bucket(t)
	if b == nil {
		return nil, err
	}
	value = b.Get(key)
	touch(value)
	return value, nil
}

// Scan implements store.Reader.
func (r *reader) Scan(t store.Table, rg store.Range, fn func(key, value []byte) error) error {
	b, err := r.bucket(t)
	if b == nil {
		return err
	}
	return merge(r.ctx, rg, fn, r.layer(b, rg))
}

// bucket finds the bucket of a declared table. There is none, and no error, if
// the file lacks it and may not be given it.
func (r *reader) bucket(t store.Table) (b *bbolt.Bucket, err error) {
	defer r.guard(&err)
	if r.tx == nil {
		return nil, errOver
	}
	if t != metaTable {
		b = r.tx.Bucket([]byte(t))
	}
	if b == nil && !slices.Contains(r.lacks, t) {
		return nil, fmt.Errorf("%w: there is no table %q", store.ErrRow, t)
	}
	return b, nil
}

// touch reads the first and the last byte of what bbolt points to, so that a
// file that ends too early shows here, under guard.
func touch(b []byte) {
	if len(b) > 0 {
		_ = b[0] ^ b[len(b)-1]
	}
}

// fileLayer walks a range of rows in the file.
type fileLayer struct {
	file   *reader
	cursor *bbolt.Cursor
	r      store.Range
}

// layer returns a walk over a range of b.
func (r *reader) layer(b *bbolt.Bucket, rg store.Range) layer {
	return &fileLayer{r, b.Cursor(), rg}
}

func (l *fileLayer) first() (_ row, err error) {
	defer l.file.guard(&err)
	var k, v []byte
	switch c := l.cursor; {
	case l.r.Reverse && l.r.To == nil:
		k, v = c.Last()
	case l.r.Reverse:
		if k, v = c.Seek(l.r.To); k == nil {
			k, v = c.Last()
		}
		for k != nil && bytes.Compare(k, l.r.To) >= 0 {
			k, v = c.Prev()
		}
	case l.r.From == nil:
		k, v = c.First()
	default:
		k, v = c.Seek(l.r.From)
	}
	return l.row(k, v), nil
}

func (l *fileLayer) next() (_ row, err error) {
	defer l.file.guard(&err)
	if l.r.Reverse {
		return l.row(l.cursor.Prev()), nil
	}
	return l.row(l.cursor.Next()), nil
}

// row returns the row under the cursor, or none if it lies past the range.
func (l *fileLayer) row(k, v []byte) row {
	if k == nil || past(l.r, k) {
		return row{}
	}
	touch(k)
	touch(v)
	if v == nil {
		v = []byte{}
	}
	return row{k, v}
}

// past reports whether k lies beyond the end that a walk over r runs towards.
func past(r store.Range, k []byte) bool {
	if r.Reverse {
		return r.From != nil && bytes.Compare(k, r.From) < 0
	}
	return r.To != nil && bytes.Compare(k, r.To) >= 0
}
