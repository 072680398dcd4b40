package etcd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/pages"
	"tokenscale/store/etcd/parcel"
)

// follow watches what is committed until the store is closed.
func (db *DB) follow() {
	for db.alive.Err() == nil {
		if err := db.watch(db.alive); err != nil {
			_ = loop.Rest(db.alive, 50*time.Millisecond)
		}
	}
}

var errWatch = errors.New("the watch has ended")

// watch applies what comes after the mirror, a revision at a time.
func (db *DB) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	db.watching.Begin(cancel, db.options.Now())
	if err := db.list(ctx, db.watching.Client); err != nil {
		return err
	}
	db.mu.Lock()
	from := db.watched + 1
	db.mu.Unlock()
	for r := range db.watching.Client.Watch(clientv3.WithRequireLeader(ctx), db.options.Prefix, clientv3.WithPrefix(), clientv3.WithRev(from),
		clientv3.WithFragment(), clientv3.WithProgressNotify()) {
		db.watching.Came()
		if r.CompactRevision != 0 && db.options.controls.noResync {
			db.saw(r.CompactRevision-1, nil)
			return errWatch
		}
		if r.CompactRevision != 0 {
			return db.resync(ctx)
		}
		if err := r.Err(); err != nil {
			return err
		}
		for events := r.Events; len(events) > 0; {
			n := 1
			for n < len(events) && events[n].Kv.ModRevision == events[0].Kv.ModRevision {
				n++
			}
			if err := db.take(ctx, events[0].Kv.ModRevision, events[:n]); err != nil {
				return err
			}
			db.saw(events[0].Kv.ModRevision, events[:n])
			events = events[n:]
		}
		if r.IsProgressNotify() {
			db.saw(r.Header.Revision, nil)
		}
		db.watching.Applied(db.options.Now())
	}
	return errWatch
}

// take applies what was changed at one revision, if it was changed by a node.
func (db *DB) take(ctx context.Context, revision int64, events []*clientv3.Event) error {
	var changes []store.Change
	var written *mvccpb.KeyValue
	deleted, others := false, map[string][]byte{}
	for _, e := range events {
		if t, key, ok := db.keys.rowOf(string(e.Kv.Key)); ok && slices.Contains(db.options.Tables, t) {
			c := store.Change{Table: t, Key: key}
			if e.Type == clientv3.EventTypePut {
				c.Value = pages.ValueIn(e.Kv)
			}
			changes = append(changes, c)
		} else if string(e.Kv.Key) == db.keys.head() {
			if deleted = e.Type != clientv3.EventTypePut; !deleted {
				written = e.Kv
			}
		} else if e.Type == clientv3.EventTypePut {
			others[string(e.Kv.Key)] = e.Kv.Value
		}
	}
	if written == nil {
		return db.takeHeadless(ctx, inOrder(changes), revision, deleted)
	}
	h, unreadable := unpackHead(written.Value, revision)
	if unreadable == nil && db.isOurs(ctx, h) {
		return nil
	}
	if unreadable == nil && h.fresh() {
		var wide []store.Change
		wide, unreadable = db.open(h.unlaid, others)
		changes = append(changes, wide...)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if revision <= db.applied {
		return nil
	}
	err := cmp.Or(unreadable, db.fits(inOrder(changes), h))
	if errors.Is(err, errMissed) {
		return db.resyncHeld(ctx)
	}
	if errors.Is(err, errHead) || errors.Is(err, errForeign) || errors.Is(err, parcel.ErrBroken) {
		if err := db.remains(ctx); err != nil { // else it is of a node, upon what we do not have
			return err
		}
		db.strange(changes, revision, revision)
		return nil
	}
	return cmp.Or(err, db.applyAndTell(changes, revision, h))
}

// takeHeadless takes note of what was changed without a head, or with the head deleted. No node
// does that but to lay rows out, which are what the mirror has then. What is there before the first
// commit is nobody's; it stays, and adds up to nothing.
func (db *DB) takeHeadless(ctx context.Context, changes []store.Change, revision int64, deleted bool) error {
	if len(changes) == 0 && !deleted {
		return nil
	}
	db.mu.Lock()
	begun := db.head.revision > 0
	changes, err := db.unlike(changes)
	if begun && revision > db.applied && (len(changes) > 0 || deleted) {
		head := int64(noHead)
		if deleted {
			head = 0
		}
		db.strange(changes, revision, head)
	}
	db.mu.Unlock()
	if err == nil && !begun {
		return db.resync(ctx)
	}
	return err
}

// unlike returns those of the changes that do not make a row what it is in the mirror.
func (db *DB) unlike(changes []store.Change) (list []store.Change, err error) {
	err = db.view(db.alive, func(r *boltfile.Reader) error {
		for _, c := range changes {
			v, err := r.Get(c.Table, c.Key)
			if err != nil {
				return err
			}
			if !bytes.Equal(v, c.Value) || (v == nil) != (c.Value == nil) {
				list = append(list, c)
			}
		}
		return nil
	})
	return list, err
}

// isOurs reports whether a head is of a commit that the committer applies, which has the changes of
// each transaction. It returns when that is done.
func (db *DB) isOurs(ctx context.Context, h head) bool {
	for {
		db.mu.Lock()
		applied, sent, moved := db.applied, db.sent, db.moved
		db.mu.Unlock()
		switch {
		case applied >= h.revision:
			return true
		case sent != h.request:
			return false
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return true
		}
	}
}

// applyAndTell is apply for what others have changed. mu is held.
func (db *DB) applyAndTell(changes []store.Change, revision int64, h head) error {
	if revision <= db.applied {
		return nil
	}
	if err := db.apply(changes, revision, h); err != nil {
		return db.committer.Stop(err)
	}
	db.ours(changes)
	if len(changes) == 0 {
		return nil
	}
	return db.committer.Tell(changes)
}

// apply brings the mirror to a revision. mu is held.
func (db *DB) apply(changes []store.Change, revision int64, h head) error {
	if err := db.mirror.Write(changes, h.placed(revision), h.summed()); err != nil {
		return err
	}
	db.head, db.applied = h, revision
	if h.report {
		db.roster.asked, db.roster.askedBy = h.revision, h.node
		if h.node != db.options.Node {
			defer db.reportSoon()
		}
	}
	db.turns.Saw(h.node, db.options.Now())
	db.announce()
	return nil
}

// announce wakes who waits for the mirror. mu is held.
func (db *DB) announce() {
	close(db.moved)
	db.moved = make(chan struct{})
}

// movement returns what is closed when anything moves after the call.
func (db *DB) movement() <-chan struct{} {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.moved
}

// await waits until the mirror has come to a revision, and all followers know of it.
func (db *DB) await(ctx context.Context, revision int64) error {
	late := time.NewTicker(db.options.Timeout / 8)
	defer late.Stop()
	for {
		db.mu.Lock()
		applied, moved := db.applied, db.moved
		db.mu.Unlock()
		if applied >= revision {
			return nil
		}
		select {
		case <-moved:
		case <-late.C:
			db.watching.Late(db.options.Now())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
