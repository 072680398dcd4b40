package etcd

import (
	"context"
	"errors"
	"slices"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/errgroup"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/dial"
	"tokenscale/store/etcd/pages"
	"tokenscale/store/etcd/parcel"
	"tokenscale/store/overlay"
)

// laying is the work of laying out what a wide commit has changed. It may be done by several nodes
// at once: each writes the same, and only while the head is that of the commit.
type laying struct {
	due  loop.Signal
	busy chan struct{} // has one item while somebody on this node is at it
}

func newLaying() laying { return laying{due: loop.NewSignal(), busy: make(chan struct{}, 1)} }

const (
	// layAtOnce is how many requests are under way: they share what a member syncs.
	layAtOnce = 8

	// courtesy is how long a node leaves the work to the author of a wide commit.
	courtesy = 300 * time.Millisecond
)

var errMoved = errors.New("the head has moved")

// keepLaying lays out what this node has committed.
func (db *DB) keepLaying() {
	db.laying.due.Each(db.alive, func(ctx context.Context) {
		for ctx.Err() == nil && db.layOut(ctx) != nil {
			_ = loop.Rest(ctx, 50*time.Millisecond)
		}
	})
}

// layOutFirst has a batch run again when the wide commit below it is laid out. Its author may be
// at it, or gone.
func (db *DB) layOutFirst(b *overlay.Batch, was head) error {
	ctx, cancel := db.patience(b)
	defer cancel()
	if was.node != db.options.Node {
		patience, cancel := context.WithTimeout(ctx, courtesy)
		_ = db.await(patience, was.revision+1) // else this node does it
		cancel()
	}
	if err := db.layOut(ctx); err != nil {
		return unavailable(err)
	}
	return overlay.ErrOvertaken
}

// layOut returns when all rows stand where rows do, and this node knows of it.
func (db *DB) layOut(ctx context.Context) error {
	select {
	case db.laying.busy <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-db.laying.busy }()
	for {
		db.mu.Lock()
		was := db.head
		db.mu.Unlock()
		if was.unlaid.Parts == 0 {
			return nil
		}
		if err := db.layOver(ctx, was); err != nil && !errors.Is(err, errMoved) {
			return err
		}
		if err := loop.Rest(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// layOver lays out what the head was says, unless the head of etcd is another one.
func (db *DB) layOver(ctx context.Context, was head) error {
	next, err := db.after(was, nil, overlay.New())
	if err != nil {
		return err
	}
	r, err := db.whileHead(ctx, was, clientv3.OpGet(db.keys.parts(was.unlaid.request), clientv3.WithPrefix()))
	if err != nil {
		return err
	}
	changes, broken := db.open(was.unlaid, pages.Values(r.Responses[0].GetResponseRange().Kvs))
	if broken != nil {
		changes, err = db.lacking(ctx, r.Header.Revision)
	}
	if err == nil {
		err = db.lay(ctx, was, changes)
	}
	if err != nil {
		return err
	}
	next.unlaid = unlaid{}
	r, err = db.whileHead(ctx, was, clientv3.OpPut(db.keys.head(), next.pack()),
		clientv3.OpDelete(db.keys.parts(was.unlaid.request), clientv3.WithPrefix()))
	if err != nil {
		return err
	}
	if broken != nil {
		db.report(nil, true)
	}
	return db.await(ctx, r.Header.Revision)
}

// whileHead does what may be done twice, if the head of etcd is was. If it is another one it waits
// until this node knows that, and returns errMoved.
func (db *DB) whileHead(ctx context.Context, was head, ops ...clientv3.Op) (r *clientv3.TxnResponse, err error) {
	if err := dial.Again(ctx, db.options.Timeout, func(ctx context.Context) (err error) {
		r, err = db.client.Txn(ctx).If(db.unchanged(was)).Then(ops...).Else(clientv3.OpGet(db.keys.head())).Commit()
		return err
	}); err != nil || r.Succeeded {
		return r, err
	}
	now, err := headIn((*clientv3.GetResponse)(r.Responses[0].GetResponseRange()))
	if err == nil {
		err = db.await(ctx, now.revision)
	}
	return nil, errors.Join(err, errMoved)
}

// lay writes rows to where rows stand.
func (db *DB) lay(ctx context.Context, was head, changes []store.Change) error {
	rows, bytes := db.Limits()
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(layAtOnce)
	for len(changes) > 0 {
		n, size := 0, 0
		for n < min(rows, len(changes)) && size+sizeOf(changes[n]) <= bytes {
			size += sizeOf(changes[n])
			n++
		}
		some := changes[:n]
		changes = changes[n:]
		work.Go(func() error {
			if err := db.options.controls.reached("rows"); err != nil {
				return err
			}
			_, err := db.whileHead(ctx, was, db.rowOps(some)...)
			return err
		})
	}
	return work.Wait()
}

// lacking returns the changes by which the rows of etcd at a revision become those of the mirror,
// for parts that somebody else has changed or taken out.
func (db *DB) lacking(ctx context.Context, revision int64) ([]store.Change, error) {
	changes, err := db.different(ctx, revision, nil)
	if err != nil {
		return nil, err
	}
	return changes, db.view(ctx, func(r *boltfile.Reader) error {
		for i, c := range changes {
			v, err := r.Get(c.Table, c.Key)
			if err != nil {
				return err
			}
			changes[i].Value = slices.Clone(v)
		}
		return nil
	})
}

// over returns what a head says that counts above the rows of etcd at a revision. If somebody else
// has changed it, it counts for nothing, and the rows do not add up.
func (db *DB) over(ctx context.Context, h head, revision int64) ([]store.Change, error) {
	if h.unlaid.Parts == 0 {
		return nil, nil
	}
	r, err := db.client.Get(ctx, db.keys.parts(h.unlaid.request), clientv3.WithPrefix(), clientv3.WithRev(revision))
	if err != nil {
		return nil, err
	}
	changes, err := db.open(h.unlaid, pages.Values(r.Kvs))
	if errors.Is(err, parcel.ErrBroken) {
		return nil, nil
	}
	return changes, err
}
