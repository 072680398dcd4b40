package boltfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"

	"tokenscale/store"
	"tokenscale/store/overlay"
)

// errOver is what a Reader says after its transaction.
var errOver = errors.New("used after its transaction was over")

// A Reader is a store.Reader, and an overlay.Base, on a file. Like those it belongs to one
// goroutine.
type Reader struct {
	ctx     context.Context
	tx      *bbolt.Tx // nil once it is over
	damaged func(error)
}

// Reader returns a Reader of what the transaction sees; ctx ends its scans. damaged is called
// with each damage that shows while it reads.
func (t *Tx) Reader(ctx context.Context, damaged func(error)) *Reader {
	return &Reader{ctx, t.tx, damaged}
}

// Run calls fn with r, after which r is over. fn may read bytes of the file that are gone; that
// is damage too. Its other panics go on.
func (r *Reader) Run(fn func(store.Reader) error) (err error) {
	defer func() {
		r.tx = nil
		p := recover()
		if p == nil {
			return
		}
		if !IsFault(p) {
			panic(p) // a bug of our callers is not damage
		}
		err = r.report(p)
	}()
	return fn(r)
}

// guard turns a panic of bbolt into an error, and reports it.
func (r *Reader) guard(err *error) {
	if p := recover(); p != nil {
		*err = r.report(p)
	}
}

func (r *Reader) report(p any) error {
	err := Damaged(p)
	r.damaged(err)
	return err
}

// Get implements store.Reader.
func (r *Reader) Get(t store.Table, key []byte) (value []byte, err error) {
	defer r.guard(&err)
	b, err := r.bucket(t)
	if err != nil {
		return nil, err
	}
	value = b.Get(key)
	touch(value)
	return value, nil
}

// Scan implements store.Reader.
func (r *Reader) Scan(t store.Table, rg store.Range, fn func(key, value []byte) error) error {
	l, err := r.Layer(t, rg)
	if err != nil {
		return err
	}
	return overlay.Merge(r.ctx, rg, fn, l)
}

// Layer implements overlay.Base.
func (r *Reader) Layer(t store.Table, rg store.Range) (_ overlay.Layer, err error) {
	defer r.guard(&err)
	b, err := r.bucket(t)
	if err != nil {
		return nil, err
	}
	return &layer{r, b.Cursor(), rg}, nil
}

// sumsNote says of a file how many commits there were, 8 bytes, the highest first, and the sealed
// sums of the newest.
const sumsNote = "sums"

// Sums implements store.Summed.
func (r *Reader) Sums() (s store.SealedSums, err error) {
	defer r.guard(&err)
	if r.tx == nil {
		return s, errOver
	}
	meta := r.tx.Bucket([]byte(MetaTable))
	if meta == nil {
		return s, nil
	}
	note := meta.Get([]byte(sumsNote))
	switch {
	case note == nil:
		return s, nil
	case len(note) < 8:
		return s, fmt.Errorf("%w: the file does not say what the sums of its rows are", store.ErrDamaged)
	}
	return store.SealedSums{Commit: binary.BigEndian.Uint64(note), Sealed: note[8:]}, nil
}

// WriteTo writes the whole file as the transaction sees it, and returns its length. What it
// returns for an error of w is not that error.
func (r *Reader) WriteTo(w io.Writer) (int64, error) { return r.tx.WriteTo(w) }

// bucket finds the bucket of a table.
func (r *Reader) bucket(t store.Table) (b *bbolt.Bucket, err error) {
	if r.tx == nil {
		return nil, errOver
	}
	if t != MetaTable {
		b = r.tx.Bucket([]byte(t))
	}
	if b == nil {
		return nil, fmt.Errorf("%w: there is no table %q", store.ErrRow, t)
	}
	return b, nil
}

// touch reads the first and the last byte of what bbolt points to, so that a file that ends too
// early shows here, under guard.
func touch(b []byte) {
	if len(b) > 0 {
		_ = b[0] ^ b[len(b)-1]
	}
}

// layer walks a range of rows in the file.
type layer struct {
	file   *Reader
	cursor *bbolt.Cursor
	r      store.Range
}

// First implements overlay.Layer.
func (l *layer) First() (_ store.Row, err error) {
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

// Next implements overlay.Layer.
func (l *layer) Next() (_ store.Row, err error) {
	defer l.file.guard(&err)
	if l.r.Reverse {
		return l.row(l.cursor.Prev()), nil
	}
	return l.row(l.cursor.Next()), nil
}

// row returns the row under the cursor, or none if it lies past the range.
func (l *layer) row(k, v []byte) store.Row {
	if k == nil || overlay.Past(l.r, k) {
		return store.Row{}
	}
	touch(k)
	touch(v)
	if v == nil {
		v = []byte{}
	}
	return store.Row{Key: k, Value: v}
}
