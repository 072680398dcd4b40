package etcd

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"tokenscale/store"
	"tokenscale/store/etcd/pages"
)

// catchUp brings the mirror to where etcd is when the store is opened. What the mirror says of how
// far it has come counts only if etcd has come as far, with the same head: else it may be of
// another history, as after a restore, where the same numbers are of other commits.
func (db *DB) catchUp(ctx context.Context) error {
	at, err := db.mirror.Reached()
	if err != nil {
		return err
	}
	var was head
	if len(at.Head) > 0 {
		if was, err = unpackHead(at.Head, at.Commit); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, max(db.options.Patience, db.options.Timeout))
	now, revision, err := db.newest(ctx)
	cancel()
	if err != nil {
		return unavailable(err)
	}
	if at.Revision > 0 && revision >= at.Revision && now.revision == was.revision && now.request == was.request {
		db.applied, db.watched, db.head = at.Revision, at.Revision, was
		return nil
	}
	return db.resync(db.alive)
}

// resync reads all rows at one revision, which a majority of the members has, and compares them
// with the mirror. What is different is written there, and told as one change. It is needed if
// what was changed since is no longer kept.
func (db *DB) resync(ctx context.Context) error {
	db.mu.Lock() // first, or a commit of ours may be newer than what is read
	defer db.mu.Unlock()
	return db.resyncHeld(ctx)
}

// resyncHeld is resync. mu is held.
func (db *DB) resyncHeld(ctx context.Context) error {
	if err := db.remains(ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, db.options.Timeout) // others wait for mu
	h, revision, err := db.newest(limited)
	cancel()
	if err != nil {
		return err
	}
	over, err := db.over(ctx, h, revision)
	if err != nil {
		return err
	}
	different, err := db.news(ctx, revision, over)
	if err != nil {
		return err
	}
	if err := db.takeAll(different, revision, h); err != nil {
		return err
	}
	db.watched = revision
	return nil
}

// news returns how the rows of etcd at a revision, and what counts above them, differ from the
// mirror. A mirror that has none is filled with them first; then nobody has heard of any yet, and
// nothing is different.
func (db *DB) news(ctx context.Context, revision int64, over []store.Change) ([]store.Change, error) {
	empty, err := db.isEmpty(ctx)
	if err != nil {
		return nil, err
	}
	if db.applied == 0 && empty {
		return nil, db.fill(ctx, revision, over)
	}
	return db.different(ctx, revision, over)
}

// isEmpty reports whether the mirror has no row. One that a start could not fill has some.
func (db *DB) isEmpty(ctx context.Context) (bool, error) {
	empty := true
	err := db.View(ctx, func(r store.Reader) error {
		for _, t := range db.options.Tables {
			if err := r.Scan(t, store.Range{}, func(_, _ []byte) error { empty = false; return store.Stop }); err != nil {
				return err
			}
		}
		return nil
	})
	return empty, err
}

// What a mirror without rows is filled by: so many pages of a table at a time that what stands
// above them is not written anew too often, and so many tables at a time that members read while
// the mirror is written, and no more, for they take memory.
const (
	pagesAtOnce  = 10
	tablesAtOnce = 4
)

func (db *DB) book(revision int64, over []store.Change) pages.Book {
	return pages.Book{Client: db.client, Revision: revision, Page: db.options.Page, Over: over}
}

// fill writes all rows of etcd at a revision into a mirror that has none, in the order of their
// keys.
func (db *DB) fill(ctx context.Context, revision int64, over []store.Change) error {
	tables, ctx := errgroup.WithContext(ctx)
	tables.SetLimit(tablesAtOnce)
	for _, t := range db.options.Tables {
		tables.Go(func() error { return db.fillTable(ctx, t, revision, over) })
	}
	return tables.Wait()
}

func (db *DB) fillTable(ctx context.Context, t store.Table, revision int64, over []store.Change) error {
	rows, err := db.book(revision, over).Open(ctx, t, db.keys.rows(t))
	for err == nil && rows.Row.Key != nil {
		var some []store.Row
		if some, err = rows.Some(pagesAtOnce * int(db.options.Page)); err == nil {
			err = db.mirror.Add(t, some)
		}
	}
	return err
}

// takeAll brings the mirror to where all rows are at a revision. If the head has not moved, no node
// has changed them. If it has, and they do not add up to what it says, nobody can tell which of
// them others have changed: then this node stops. A mirror that is new believes them, as nobody
// has believed the mirror. mu is held.
func (db *DB) takeAll(different []store.Change, revision int64, h head) error {
	if db.head.revision > 0 && h.revision == db.head.revision {
		db.strange(different, revision, noHead)
		return nil
	}
	if db.head.revision > 0 {
		if err := db.fits(different, h); errors.Is(err, store.ErrUnknownKey) {
			return db.committer.Stop(fmt.Errorf("%w: rows came under another key while this node could hear of nothing. Copy the key file here from a node that runs, and start this one again (%w)", store.ErrLacksKey, err))
		} else if errors.Is(err, errForeign) {
			return db.committer.Stop(fmt.Errorf("%w: the rows in etcd are not those that a node wrote last: %w", store.ErrDamaged, err))
		} else if err != nil {
			return err
		}
	}
	return db.applyAndTell(different, revision, h)
}

// different returns how the rows of etcd at a revision differ from the mirror.
func (db *DB) different(ctx context.Context, revision int64, over []store.Change) (all []store.Change, err error) {
	err = db.View(ctx, func(r store.Reader) (err error) {
		all, err = db.differ(ctx, r, revision, over)
		return err
	})
	return all, err
}

func (db *DB) differ(ctx context.Context, mirrored store.Reader, revision int64, over []store.Change) (all []store.Change, err error) {
	for _, t := range db.options.Tables {
		rows, err := db.book(revision, over).Open(ctx, t, db.keys.rows(t))
		if err == nil {
			all, err = rows.Differ(mirrored, t, all)
		}
		if err != nil {
			return all, fmt.Errorf("reading %s from etcd: %w", t, err)
		}
	}
	return all, nil
}

// Compare reads all rows from etcd, as they were at the revision that the mirror has come to, and
// returns how many are different in the mirror. Nobody waits for it.
func (db *DB) Compare(ctx context.Context) (different int, err error) {
	db.mu.Lock()
	revision, h := db.applied, db.head
	tx, err := db.mirror.Begin(false)
	db.mu.Unlock()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	over, err := db.over(ctx, h, revision)
	if err != nil {
		return 0, err
	}
	err = tx.Reader(ctx, db.metDamage).Run(func(r store.Reader) error {
		found, err := db.differ(ctx, r, revision, over)
		different = len(found)
		return err
	})
	return different, err
}
