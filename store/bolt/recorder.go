package bolt

import (
	"slices"
	"strings"
	"sync"

	"tokenscale/store"
)

// recorder keeps which rows were changed, and not to what, while somebody
// wants to know it: whoever copies the store row by row brings the copy up to
// date with it.
//
// A commit holds mu until its rows are kept. So who has mu knows that every
// change that can be read in the file is kept, and that every other one will
// be.
type recorder struct {
	mu   sync.Mutex
	rows map[store.Table]map[string]struct{} // nil while nobody wants to know
	n    int
	most int
}

// begin begins to keep changes: at most that many rows.
func (r *recorder) begin(most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows, r.n, r.most = map[store.Table]map[string]struct{}{}, 0, most
}

func (r *recorder) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows, r.n = nil, 0
}

// add keeps what a batch changed. The caller has mu.
func (r *recorder) add(o *overlay) {
	if r.rows == nil || r.n > r.most {
		return
	}
	for t, changed := range o.tables {
		rows := r.rows[t]
		if rows == nil {
			rows = map[string]struct{}{}
			r.rows[t] = rows
		}
		before := len(rows)
		changed.Scan(func(c row) bool {
			rows[string(c.key)] = struct{}{}
			return true
		})
		r.n += len(rows) - before
	}
}

// count returns how many rows are kept.
func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// has reports whether a row was changed since the last take.
func (r *recorder) has(t store.Table, key []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, has := r.rows[t][string(key)]
	return has
}

// A place is where a row is.
type place struct {
	table store.Table
	key   string
}

func (p place) compare(q place) int {
	if order := strings.Compare(string(p.table), string(q.table)); order != 0 {
		return order
	}
	return strings.Compare(p.key, q.key)
}

// take returns what was kept since the last time, in order. It fails if it was
// too much to be kept.
func (r *recorder) take() ([]place, error) {
	r.mu.Lock()
	rows, n, most := r.rows, r.n, r.most
	r.rows, r.n = map[store.Table]map[string]struct{}{}, 0
	r.mu.Unlock()
	if n > most {
		return nil, ErrBusy
	}
	all := make([]place, 0, n)
	for t, keys := range rows {
		for key := range keys {
			all = append(all, place{t, key})
		}
	}
	slices.SortFunc(all, place.compare)
	return all, nil
}
