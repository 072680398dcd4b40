package overlay

import (
	"bytes"
	"iter"
	"maps"
	"slices"

	"github.com/tidwall/btree"

	"tokenscale/store"
)

// tree holds rows in the order of their keys.
type tree = btree.BTreeG[store.Row]

// An Overlay holds changes that are not in the store yet: rows written, and rows deleted, which
// have a nil value. It belongs to one goroutine at a time.
type Overlay struct {
	Rows  int // rows in all tables
	Puts  int // those of them that are not deletions
	Bytes int // bytes of their keys and values

	tables map[store.Table]*tree
}

// New returns an Overlay that changes nothing.
func New() *Overlay { return &Overlay{tables: map[store.Table]*tree{}} }

// Get returns the row under key, if this overlay has one.
func (o *Overlay) Get(t store.Table, key []byte) (store.Row, bool) {
	if tr := o.tables[t]; tr != nil {
		return tr.Get(store.Row{Key: key})
	}
	return store.Row{}, false
}

// Set keeps a row as it is: the overlay owns its bytes from here on.
func (o *Overlay) Set(t store.Table, r store.Row) {
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

// Tables returns the tables that have changes, in order.
func (o *Overlay) Tables() []store.Table { return slices.Sorted(maps.Keys(o.tables)) }

// Has reports whether t has changes.
func (o *Overlay) Has(t store.Table) bool { return o.tables[t] != nil }

// Changes returns the changes of t in the order of their keys.
func (o *Overlay) Changes(t store.Table) iter.Seq[store.Row] {
	return func(yield func(store.Row) bool) {
		if tr := o.tables[t]; tr != nil {
			tr.Scan(yield)
		}
	}
}

// List returns all changes, in the order of their tables and keys.
func (o *Overlay) List() []store.Change {
	list := make([]store.Change, 0, o.Rows)
	for _, t := range o.Tables() {
		for r := range o.Changes(t) {
			list = append(list, store.Change{Table: t, Key: r.Key, Value: r.Value})
		}
	}
	return list
}

// Layer returns a walk over the changes of t in r as they are now.
func (o *Overlay) Layer(t store.Table, r store.Range) Layer {
	l := &treeLayer{r: r}
	if tr := o.tables[t]; tr != nil && tr.Len() > 0 {
		if !r.One { // nobody writes before the walk to the first row has ended
			tr = tr.Copy() // it shares its nodes until someone writes, who then copies them
		}
		l.iter.Init(tr, false)
		l.some = true
	}
	return l
}

// forget takes a row out of the overlay, so that what lies below shows again.
func (o *Overlay) forget(t store.Table, key []byte) {
	if tr := o.tables[t]; tr != nil {
		if old, had := tr.Delete(store.Row{Key: key}); had {
			o.count(old, -1)
		}
	}
}

func (o *Overlay) count(r store.Row, sign int) {
	o.Rows += sign
	o.Bytes += sign * (len(r.Key) + len(r.Value))
	if r.Value != nil {
		o.Puts += sign
	}
}

func before(a, b store.Row) bool { return bytes.Compare(a.Key, b.Key) < 0 }

// treeLayer walks a range of rows in an overlay.
type treeLayer struct {
	iter btree.IterG[store.Row]
	some bool
	r    store.Range
}

// First implements Layer.
func (l *treeLayer) First() (store.Row, error) {
	if !l.some {
		return store.Row{}, nil
	}
	switch it := &l.iter; {
	case l.r.Reverse && l.r.To == nil:
		return l.row(it.Last()), nil
	case l.r.Reverse:
		if it.Seek(store.Row{Key: l.r.To}) {
			return l.row(it.Prev()), nil
		}
		return l.row(it.Last()), nil
	case l.r.From == nil:
		return l.row(it.First()), nil
	default:
		return l.row(it.Seek(store.Row{Key: l.r.From})), nil
	}
}

// Next implements Layer.
func (l *treeLayer) Next() (store.Row, error) {
	if l.r.Reverse {
		return l.row(l.iter.Prev()), nil
	}
	return l.row(l.iter.Next()), nil
}

func (l *treeLayer) row(ok bool) store.Row {
	if !ok || Past(l.r, l.iter.Item().Key) {
		return store.Row{}
	}
	return l.iter.Item()
}
