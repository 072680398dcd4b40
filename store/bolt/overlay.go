package bolt

import (
	"bytes"

	"github.com/tidwall/btree"

	"tokenscale/store"
)

// tree holds rows in the order of their keys.
type tree = btree.BTreeG[row]

// overlay holds changes that are not in the file yet: rows written, and rows
// deleted, which have a nil value.
type overlay struct {
	tables map[store.Table]*tree
	rows   int // rows in all trees
	puts   int // those of them that are not deletions
	bytes  int // bytes of their keys and values
	large  int // bytes of those rows that fill a good part of a page or more
}

func newOverlay() *overlay { return &overlay{tables: map[store.Table]*tree{}} }

// get returns the row under key, if this overlay has one.
func (o *overlay) get(t store.Table, key []byte) (row, bool) {
	if tr := o.tables[t]; tr != nil {
		return tr.Get(row{key: key})
	}
	return row{}, false
}

// set keeps a row as it is: the overlay owns its bytes from here on.
func (o *overlay) set(t store.Table, r row) {
	tr := o.tables[t]
	if tr == nil {
		tr = btree.NewBTreeGOptions(before, btree.Options{NoLocks: true, Degree: 16})
		o.tables[t] = tr
	}
	old, had := tr.Set(r)
	if had {
		o.count(old, -1)
	}
	o.count(r, +1)
}

// forget takes a row out of the overlay, so that what lies below shows again.
func (o *overlay) forget(t store.Table, key []byte) {
	if tr := o.tables[t]; tr != nil {
		if old, had := tr.Delete(row{key: key}); had {
			o.count(old, -1)
		}
	}
}

func (o *overlay) count(r row, sign int) {
	size := len(r.key) + len(r.value)
	o.rows += sign
	o.bytes += sign * size
	if r.value != nil {
		o.puts += sign
	}
	if size > largeRow {
		o.large += sign * size
	}
}

// largeRow is the size in bytes from which a row may need several pages in a
// row, since bbolt puts at least two rows on each page.
const largeRow = 1 << 10

func before(a, b row) bool { return bytes.Compare(a.key, b.key) < 0 }

// layer returns a walk over the rows of t as they are now.
func (o *overlay) layer(t store.Table, r store.Range) layer {
	l := &treeLayer{r: r}
	if tr := o.tables[t]; tr != nil && tr.Len() > 0 {
		l.iter.Init(tr.Copy(), false) // a copy shares its nodes until someone writes
		l.some = true
	}
	return l
}

// treeLayer walks a range of rows in an overlay.
type treeLayer struct {
	iter btree.IterG[row]
	some bool
	r    store.Range
}

func (l *treeLayer) first() (row, error) {
	if !l.some {
		return row{}, nil
	}
	switch it := &l.iter; {
	case l.r.Reverse && l.r.To == nil:
		return l.row(it.Last()), nil
	case l.r.Reverse:
		if it.Seek(row{key: l.r.To}) {
			return l.row(it.Prev()), nil
		}
		return l.row(it.Last()), nil
	case l.r.From == nil:
		return l.row(it.First()), nil
	default:
		return l.row(it.Seek(row{key: l.r.From})), nil
	}
}

func (l *treeLayer) next() (row, error) {
	if l.r.Reverse {
		return l.row(l.iter.Prev()), nil
	}
	return l.row(l.iter.Next()), nil
}

func (l *treeLayer) row(ok bool) row {
	if !ok || past(l.r, l.iter.Item().key) {
		return row{}
	}
	return l.iter.Item()
}
