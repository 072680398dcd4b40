// Package feed holds back what is told of a store while all its rows are read.
package feed

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"tokenscale/store"
)

// A Feed tells followers of the changes of a store. While all rows are read, other nodes that share
// the store go on changing them; then what is told waits. Of the rows that were read some are older
// than it and some newer, so of each row its last change counts, and in the end all are as they
// were told last. It is safe for concurrent use.
type Feed struct {
	mu        sync.Mutex
	followers []func([]store.Change)
	paused    bool
	last      map[row]store.Change // of each row since Pause
}

// A row is where a change was made.
type row struct {
	table store.Table
	key   string
}

// New returns a Feed of the changes of db from now on.
func New(db store.DB) *Feed {
	f := new(Feed)
	db.Follow(f.take)
	return f
}

// Follow calls fn as store.DB.Follow does, but for what waits: of that it is told once, as of one
// commit.
func (f *Feed) Follow(fn func([]store.Change)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followers = append(f.followers, fn)
}

// Pause has all changes wait until Resume. It is called before the transaction begins in which the
// rows are read.
func (f *Feed) Pause() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused, f.last = true, map[row]store.Change{}
}

// Resume tells what was held back, and returns when that is done.
func (f *Feed) Resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var changes []store.Change
	for _, c := range f.last {
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b store.Change) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), strings.Compare(string(a.Key), string(b.Key)))
	})
	f.paused, f.last = false, nil
	f.tell(changes)
}

func (f *Feed) take(changes []store.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.paused {
		f.tell(changes)
		return
	}
	for _, c := range changes {
		f.last[row{c.Table, string(c.Key)}] = c
	}
}

// tell tells all followers. mu is held, so that changes are told in their order.
func (f *Feed) tell(changes []store.Change) {
	if len(changes) == 0 {
		return
	}
	for _, fn := range f.followers {
		fn(changes)
	}
}
