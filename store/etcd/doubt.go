package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/etcd/dial"
	"tokenscale/store/overlay"
)

// resolve finds out what came of a commit that was not answered. Until that is known nothing else
// is sent: it might be overtaken by what we believe is lost. When its callers have waited long
// enough they are let go in doubt, and who waits behind it is told that nothing was changed.
func (db *DB) resolve(b *overlay.Batch, was, next head, cause error) error {
	if db.options.controls.noFence {
		return overlay.ErrOvertaken
	}
	for asked := b.Asked(); ; {
		left := db.options.Patience - db.options.Now().Sub(asked)
		if left <= 0 {
			b.GiveUp(cause)
			left = db.options.Timeout
		}
		revision, decided := db.ask(next.request, was, min(left, db.options.Timeout))
		switch {
		case decided && revision > 0:
			return db.committed(b, revision, next)
		case decided:
			return overlay.ErrOvertaken
		case errors.Is(db.committer.Err(), store.ErrRewound):
			return fmt.Errorf("%w: %w", store.ErrInDoubt, db.committer.Err())
		case db.alive.Err() != nil:
			return fmt.Errorf("%w: %w", store.ErrInDoubt, store.ErrClosed)
		}
		_ = loop.Rest(db.alive, 50*time.Millisecond)
	}
}

// ask returns the revision at which our commit was made, or 0 if it was not and never will be, and
// whether either is certain.
func (db *DB) ask(request requestID, was head, limit time.Duration) (revision int64, decided bool) {
	ctx, cancel := context.WithTimeout(db.alive, limit)
	defer cancel()
	var r *clientv3.TxnResponse
	if err := dial.Again(ctx, db.options.Timeout, func(ctx context.Context) (err error) {
		r, err = db.client.Txn(ctx).Then(clientv3.OpGet(db.keys.last(db.options.Node)), clientv3.OpGet(db.keys.head())).Commit()
		return err
	}); err != nil {
		return 0, false
	}
	last := r.Responses[0].GetResponseRange().Kvs
	if len(last) == 1 && string(last[0].Value) == string(request[:]) {
		return last[0].ModRevision, true
	}
	now, err := headIn((*clientv3.GetResponse)(r.Responses[1].GetResponseRange()))
	switch {
	case err != nil:
		return 0, false
	case db.forward(point(was.revision, was), r.Header.Revision, now) != nil:
		return 0, false
	case now.revision != was.revision:
		return 0, db.await(ctx, now.revision) == nil
	}
	return 0, db.fence(ctx, was)
}

// fence takes the place that our commit would take, so that it can never be made. It reports
// whether it has. It does not wait long: if it has and we do not hear of it, asking anew tells.
func (db *DB) fence(ctx context.Context, was head) bool {
	f, err := db.after(was, nil, overlay.New())
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, db.options.Timeout/4)
	defer cancel()
	r, err := db.client.Txn(ctx).If(db.unchanged(was)).Then(db.operations(overlay.New(), f)...).Commit()
	return err == nil && r.Succeeded && db.await(ctx, r.Header.Revision) == nil
}
