package etcd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/mirror"
	"tokenscale/store/overlay"
)

// Whoever can write to etcd may put back a row as it once was, add one, delete one, or write a head
// of their own. Each node knows what the rows must be: what a head says that they add up to is what
// its mirror comes to by the changes of that head, and a change without a head is nobody's commit.
// What does not fit is not taken into the mirror, and one of the nodes writes over it what the
// mirror has. So it never counts, and a node that begins with no mirror does not find it either.

// foreign is what somebody else has written and is not undone yet. It belongs to DB.mu.
type foreign struct {
	rows map[string]store.Change // by their names in etcd
	head int64                   // the revision of a head that is not ours; see noHead
	due  loop.Signal
	tell func(t store.Table, key []byte, undone bool)
}

// noHead is the revision of a head that is not there. That of one that was deleted is 0.
const noHead = -1

func noForeign() foreign {
	return foreign{rows: map[string]store.Change{}, head: noHead, due: loop.NewSignal(), tell: func(store.Table, []byte, bool) {}}
}

// Guard implements store.Guarded.
func (db *DB) Guard(fn func(t store.Table, key []byte, undone bool)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.foreign.tell = fn
}

var (
	errForeign = errors.New("the head is not one of ours")
	errMissed  = fmt.Errorf("%w, or something before it was missed", errForeign)
)

// fits returns an error unless h is a head that a node has written behind ours, with these changes.
// Before anybody has said what sums the rows, all are believed: whoever says so looks at all rows
// then. A head under a key that this node lacks stops it. mu is held.
func (db *DB) fits(changes []store.Change, h head) error {
	by := db.committer.Summer()
	if by == nil {
		return nil
	}
	sums, err := db.head.summed().Open(by, len(db.options.Tables))
	if errors.Is(err, store.ErrLacksKey) {
		return db.committer.Stop(err)
	}
	if err != nil {
		return nil //nolint:nilerr // of a mirror that nobody can have believed either
	}
	if h.number <= db.head.number {
		return fmt.Errorf("%w: its number is %d, and there was %d", errForeign, h.number, db.head.number)
	}
	claimed, err := h.summed().Open(by, len(db.options.Tables))
	if errors.Is(err, store.ErrLacksKey) { // it is no foreign one, and must not be undone
		return db.committer.Stop(err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errForeign, err)
	}
	if err := db.add(sums, by, changes); err != nil {
		return err
	}
	if !slices.Equal(sums, claimed) {
		return fmt.Errorf("%w: its rows do not add up", errMissed) // a node has sealed it
	}
	return nil
}

// add brings the sums of the mirror to what they are after changes.
func (db *DB) add(sums []store.Sum, by store.Summer, changes []store.Change) error {
	return db.view(db.alive, func(r *boltfile.Reader) error {
		return r.Run(func(r store.Reader) (err error) {
			for i, t := range db.options.Tables {
				of := slices.DeleteFunc(slices.Clone(changes), func(c store.Change) bool { return c.Table != t })
				if sums[i], err = overlay.Added(sums[i], by, r, t, mirror.RowsOf(of)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// strange takes note of what somebody else has written at a revision, with a head of theirs or
// without one (noHead). mu is held.
func (db *DB) strange(changes []store.Change, revision, head int64) {
	for _, c := range changes {
		db.foreign.rows[db.keys.row(c.Table, c.Key)] = c
	}
	if head != noHead {
		db.foreign.head = head
	}
	db.applied = max(db.applied, revision)
	db.announce()
	db.foreign.due.Set()
}

// ours takes note of a commit of a node, which leaves nothing of what others wrote under the same
// keys. mu is held.
func (db *DB) ours(changes []store.Change) {
	db.foreign.head = noHead
	for _, c := range changes {
		delete(db.foreign.rows, db.keys.row(c.Table, c.Key))
	}
}

// keepUndoing undoes what others write.
func (db *DB) keepUndoing() {
	db.foreign.due.Each(db.alive, func(ctx context.Context) {
		for told := false; ctx.Err() == nil; {
			rest, err := db.undo(ctx)
			if err == nil && !rest {
				return
			}
			if err != nil && !told && !errors.Is(err, overlay.ErrNoSummer) {
				told = true
				db.report(db.waiting(), false)
			}
			_ = loop.Rest(ctx, 20*time.Millisecond)
		}
	})
}

// waiting returns what is not undone yet.
func (db *DB) waiting() []store.Change {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.SortedFunc(maps.Values(db.foreign.rows), compareChanges)
}

func (db *DB) report(rows []store.Change, undone bool) {
	db.mu.Lock()
	tell := db.foreign.tell
	db.mu.Unlock()
	if len(rows) == 0 {
		tell("", []byte(db.keys.head()), undone)
	}
	for _, c := range rows {
		tell(c.Table, c.Key, undone)
	}
}

// undo writes what the mirror has over some of what somebody else has written, unless a node is
// faster. rest says that there is more, or may be.
func (db *DB) undo(ctx context.Context) (rest bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, db.options.Timeout)
	defer cancel()
	was, changed, err := db.wanted(ctx)
	if err != nil || was.revision == noHead {
		return false, err
	}
	next, err := db.after(was, nil, overlay.New()) // the mirror has these rows already
	if err != nil {
		return true, err
	}
	r, err := db.client.Get(ctx, db.keys.head())
	if err != nil {
		return true, err
	}
	now := int64(0)
	if len(r.Kvs) > 0 {
		now = r.Kvs[0].ModRevision
	}
	db.mu.Lock()
	known := was.revision == db.head.revision && (now == was.revision || now == db.foreign.head)
	db.mu.Unlock()
	if !known {
		return true, nil // the watch will tell of it
	}
	return true, db.overwrite(ctx, now, changed, next)
}

func (db *DB) overwrite(ctx context.Context, now int64, changed *overlay.Overlay, next head) error {
	compare := clientv3.Compare(clientv3.ModRevision(db.keys.head()), "=", now)
	r, err := db.client.Txn(ctx).If(compare).Then(db.operations(changed, next)...).Commit()
	if err != nil || !r.Succeeded {
		return err
	}
	var rows []store.Change
	for _, t := range changed.Tables() {
		for row := range changed.Changes(t) {
			rows = append(rows, store.Change{Table: t, Key: row.Key})
		}
	}
	db.report(rows, true)
	return db.await(ctx, r.Header.Revision)
}

// wanted returns what the mirror has in the place of some of what somebody else has written, and
// its head, with the revision noHead if there is nothing to undo.
func (db *DB) wanted(ctx context.Context) (was head, changed *overlay.Overlay, err error) {
	db.mu.Lock()
	was, changed = db.head, overlay.New()
	names := slices.Sorted(maps.Keys(db.foreign.rows))
	some := make([]store.Change, 0, len(names))
	for _, name := range names[:min(len(names), db.options.MaxOps-besides)] {
		some = append(some, db.foreign.rows[name])
	}
	if len(some) == 0 && db.foreign.head == noHead {
		was.revision = noHead
	}
	tx, err := db.mirror.Begin(false)
	db.mu.Unlock()
	if err != nil {
		return was, nil, err
	}
	err = tx.Reader(ctx, db.metDamage).Run(func(r store.Reader) error {
		for _, c := range some {
			v, err := r.Get(c.Table, c.Key)
			if err != nil {
				return err
			}
			row := store.Row{Key: c.Key}
			if v != nil {
				row.Value = append([]byte{}, v...)
			}
			changed.Set(c.Table, row)
		}
		return nil
	})
	return was, changed, errors.Join(err, tx.Rollback())
}
