package etcd

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
)

// Proven implements store.Shared.
func (db *DB) Proven() error { return db.door.Open(db.options.Now(), db.options.MaxStaleness) }

// keepProving proves again and again that this node is not behind, until the store is closed.
func (db *DB) keepProving() {
	for db.alive.Err() == nil {
		// A third, so that another member can be asked in time if one says nothing.
		ctx, cancel := context.WithTimeout(db.alive, min(db.options.Timeout, db.options.MaxStaleness/3))
		err := db.prove(ctx)
		if errors.Is(err, errNotJoined) {
			err = db.enter(ctx) // the next proof opens the door
		} else if errors.Is(err, errMissed) {
			err = db.resync(db.alive)
		} else if err == nil {
			db.offerHouse(ctx)
		}
		cancel()
		rest := min(db.options.MaxStaleness/6, time.Second/2)
		if err != nil {
			rest = 100 * time.Millisecond
		}
		_ = loop.Rest(db.alive, rest)
	}
}

var errNotJoined = errors.New("the row of this node is gone")

// prove asks for the newest head and waits until this node knows it. A proof counts from before the
// question: what is committed later may be in no answer. It is worth nothing without the row of
// this node, by which those who revoke a token know that they must wait for it, so the lease of
// the row is kept first.
func (db *DB) prove(ctx context.Context) error {
	began, was := db.options.Now(), db.seen()
	left := db.keepLease(ctx)
	if left != nil && !errors.Is(left, errNotJoined) {
		return left
	}
	r, err := db.client.Txn(ctx).Then(clientv3.OpGet(db.keys.head()), clientv3.OpGet(db.keys.node(db.options.Node))).Commit()
	if err != nil {
		return err
	}
	now, err := headIn((*clientv3.GetResponse)(r.Responses[0].GetResponseRange()))
	if err != nil {
		return err
	}
	if err := db.forward(was, r.Header.Revision, now); err != nil {
		return err
	}
	row := r.Responses[1].GetResponseRange().Kvs
	if left != nil || len(row) == 0 || row[0].Lease != db.member.lease.Load() {
		return errNotJoined
	}
	if err := db.await(ctx, now.revision); err != nil {
		return cmp.Or(db.missed(now.revision), err)
	}
	if db.options.controls.proofAtReceipt {
		began = db.options.Now()
	}
	db.door.Prove(began)
	return nil
}

// keepLease has the row of this node live on.
func (db *DB) keepLease(ctx context.Context) error {
	lease := db.member.lease.Load()
	if lease == 0 {
		return errNotJoined
	}
	_, err := db.client.KeepAliveOnce(ctx, clientv3.LeaseID(lease))
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return errNotJoined
	}
	return err
}

// Refresh implements store.Shared.
func (db *DB) Refresh(ctx context.Context) error { return db.reads.Wait(ctx, db.alive) }

// catchHead waits until this node knows what was committed up to now.
func (db *DB) catchHead() error {
	ctx, cancel := context.WithTimeout(db.alive, db.options.Timeout)
	defer cancel()
	was := db.seen()
	now, revision, err := db.newest(ctx)
	if err == nil {
		err = db.forward(was, revision, now)
	}
	if err == nil {
		err = db.await(ctx, now.revision)
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}
