package etcd

import (
	"context"
	"fmt"

	"tokenscale/store"
	"tokenscale/store/etcd/history"
)

// Somebody may put an older copy of etcd back, or another one in its place, while nodes run: tokens
// that were revoked since work again there. A node that notices stops for good. Its next start
// looks at its record, as every start does, and refuses what is older unless it is told to accept
// it.

// seen returns what an answer to a question that is put from now on must not be behind.
func (db *DB) seen() history.Point {
	db.mu.Lock()
	defer db.mu.Unlock()
	return point(max(db.applied, db.watched), db.head)
}

func point(revision int64, h head) history.Point {
	return history.Point{Revision: revision, Head: h.revision, Request: h.request}
}

// forward returns nil if etcd can have come from was to a revision and a head, and stops this node
// if it cannot.
func (db *DB) forward(was history.Point, revision int64, h head) error {
	if why := history.Back(was, point(revision, h)); why != "" {
		return db.shut(why)
	}
	return nil
}

// shut closes the door and ends all that this node does with etcd. It returns why.
func (db *DB) shut(why string) error {
	db.door.Shut()
	err := db.committer.Stop(fmt.Errorf("%w: %s", store.ErrRewound, why))
	db.cancel()
	return err
}

// missed returns errMissed if the watch has gone past the commit of a revision and did not bring
// it: it may have begun, on another history, behind it.
func (db *DB) missed(revision int64) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.applied < revision && db.watched >= revision && db.sent == (requestID{}) {
		return errMissed
	}
	return nil
}

// remains returns nil if the newest commit that this node knows of is one of those that etcd has
// had, or if etcd has forgotten that. Else it stops this node. mu is held.
func (db *DB) remains(ctx context.Context) error {
	if db.head.revision == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, db.options.Timeout)
	defer cancel()
	had, err := history.Had(ctx, db.client, db.keys.head(), db.head.revision, func(value []byte) bool {
		h, err := unpackHead(value, db.head.revision)
		return err == nil && h.request == db.head.request
	})
	if err == nil && !had {
		err = db.shut(fmt.Sprintf("the commit of revision %d is not one of its own", db.head.revision))
	}
	return err
}
