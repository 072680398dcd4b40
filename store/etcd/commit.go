package etcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/dial"
	"tokenscale/store/etcd/quota"
	"tokenscale/store/overlay"
)

// backend is what the committer has batches written by.
type backend struct{ db *DB }

// base is the mirror as a batch found it.
type base struct {
	*boltfile.Reader
	tx   *boltfile.Tx
	head head
}

// Begin implements overlay.Backend.
func (e backend) Begin() (overlay.Base, error) {
	e.db.turns.Await(e.db.alive, e.db.options.Now, e.db.movement)
	e.db.mu.Lock()
	defer e.db.mu.Unlock()
	tx, err := e.db.mirror.Begin(false)
	if err != nil {
		return nil, err
	}
	return base{tx.Reader(context.Background(), e.db.metDamage), tx, e.db.head}, nil
}

// Abandon implements overlay.Backend.
func (e backend) Abandon(on overlay.Base) { _ = on.(base).tx.Rollback() }

// Recovered implements overlay.Backend.
func (e backend) Recovered(p any) error {
	if !boltfile.IsFault(p) {
		return nil
	}
	err := boltfile.Damaged(p)
	e.db.metDamage(err)
	return err
}

// Told implements overlay.Teller.
func (e backend) Told() {
	if e.db.telling {
		if e.db.head.unlaid.Parts > 0 {
			e.db.laying.due.Set()
		}
		e.db.telling = false
		e.db.mu.Unlock()
	}
}

// Commit implements overlay.Backend. The mirror is let go before it is written to: it may have to
// be mapped anew, which waits for readers.
func (e backend) Commit(on overlay.Base, b *overlay.Batch) error {
	was := on.(base).head
	next, refused := e.db.after(was, on, b.Changed)
	if err := on.(base).tx.Rollback(); err != nil {
		return e.db.committer.Stop(err)
	}
	if refused == nil {
		refused = e.db.quota.Admits(e.db.weight(b.Changed), quota.Purpose{UseReserve: b.MayUseReserve(), Everywhere: b.Everywhere()})
	}
	switch {
	case b.Changed.Rows == 0:
		return e.db.confirm(b, was)
	case refused != nil:
		return refused
	case was.unlaid.Parts > 0:
		return e.db.layOutFirst(b, was)
	}
	next.report = b.Everywhere()
	return e.db.send(b, was, next)
}

// after returns the head of a commit that makes changed to what on has, where was is the head.
func (db *DB) after(was head, on overlay.Base, changed *overlay.Overlay) (head, error) {
	next := head{number: was.number + 1, node: db.options.Node, unlaid: was.unlaid}
	if _, err := db.options.Random(next.request[:]); err != nil {
		return next, err
	}
	sums, err := db.committer.Sums(was.summed(), on, changed)
	next.sums = sums.Sealed
	return next, err
}

// confirm returns nil if was is the newest head: then what a transaction that changes nothing was
// told is true of the whole cluster.
func (db *DB) confirm(b *overlay.Batch, was head) error {
	ctx, cancel := db.patience(b)
	defer cancel()
	now, revision, err := db.newest(ctx)
	if err != nil {
		return unavailable(err)
	}
	if now.revision == was.revision && now.request == was.request {
		return nil
	}
	return db.overtaken(b, was, revision, now)
}

// patience returns a context that ends when the callers of a batch have waited as long as they do:
// they have one patience for all its repetitions.
func (db *DB) patience(b *overlay.Batch) (context.Context, context.CancelFunc) {
	return context.WithTimeout(db.alive, db.options.Patience-db.options.Now().Sub(b.Asked()))
}

// overtaken waits for what another node has committed upon was and has the batch run again.
func (db *DB) overtaken(b *overlay.Batch, was head, revision int64, now head) error {
	if err := db.forward(point(was.revision, was), revision, now); err != nil {
		return err
	}
	ctx, cancel := db.patience(b)
	defer cancel()
	if err := db.await(ctx, now.revision); err != nil {
		return unavailable(err)
	}
	db.mu.Lock()
	foreign := db.foreign.head == now.revision
	db.mu.Unlock()
	if foreign {
		_ = loop.Rest(ctx, 20*time.Millisecond) // until it is undone
	}
	return overlay.ErrOvertaken
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", store.ErrUnavailable, err) }

// newest returns the head of the cluster, as a majority of the members has it, and the revision
// that etcd has come to.
func (db *DB) newest(ctx context.Context) (h head, revision int64, err error) {
	err = dial.Again(ctx, db.options.Timeout, func(ctx context.Context) error {
		r, err := db.client.Get(ctx, db.keys.head())
		if err == nil {
			revision = r.Header.Revision
			h, err = headIn(r)
		}
		return err
	})
	return h, revision, err
}

// send has etcd make the changes of a batch if was is the newest head.
func (db *DB) send(b *overlay.Batch, was, next head) error {
	db.expect(next.request)
	defer db.expect(requestID{})
	ctx, cancel := db.patience(b)
	defer cancel()
	q, err := db.prepare(ctx, b.Changed, &next)
	defer db.forget(q)
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return quota.Refusal(err)
	}
	q.compare = append(q.compare, db.unchanged(was))
	if db.options.controls.noCompare {
		q.compare = nil
	}
	limited, cancel := context.WithTimeout(ctx, db.options.Timeout)
	defer cancel()
	began := db.options.Now()
	r, err := db.client.Txn(limited).If(q.compare...).Then(q.ops...).Else(db.tooLate()...).Commit()
	db.turns.Took(db.options.Now().Sub(began))
	switch {
	case err == nil && r.Succeeded:
		return db.committed(b, r.Header.Revision, next)
	case err == nil:
		db.turns.Late(db.options.Node, db.options.Now())
		now, err := headIn((*clientv3.GetResponse)(r.Responses[0].GetResponseRange()))
		if err != nil {
			return unavailable(err)
		}
		return db.overtaken(b, was, r.Header.Revision, now)
	case quota.Is(err), errors.Is(err, rpctypes.ErrPermissionDenied):
		return quota.Refusal(err)
	}
	return db.resolve(b, was, next, err)
}

// tooLate is what a commit asks of etcd that comes too late.
func (db *DB) tooLate() []clientv3.Op {
	return []clientv3.Op{clientv3.OpGet(db.keys.head()), clientv3.OpPut(db.keys.late(db.options.Node), "")}
}

func (db *DB) unchanged(was head) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(db.keys.head()), "=", was.revision)
}

// operations are what a commit asks of etcd.
func (db *DB) operations(changed *overlay.Overlay, next head) []clientv3.Op {
	return append(db.rowOps(changed.List()), db.heads(next)...)
}

// rowOps are what changes of rows ask of etcd.
func (db *DB) rowOps(changes []store.Change) []clientv3.Op {
	ops := make([]clientv3.Op, 0, len(changes)+besides)
	for _, c := range changes {
		if name := db.keys.row(c.Table, c.Key); c.Value == nil {
			ops = append(ops, clientv3.OpDelete(name))
		} else {
			ops = append(ops, clientv3.OpPut(name, string(c.Value)))
		}
	}
	return ops
}

// heads are what each commit writes besides its rows.
func (db *DB) heads(next head) []clientv3.Op {
	return []clientv3.Op{clientv3.OpPut(db.keys.head(), next.pack()), clientv3.OpPut(db.keys.last(next.node), string(next.request[:]))}
}

// committed brings the mirror to a commit of ours, and keeps mu until Told. Of what others have
// committed nothing is missing before it, as the head was compared, and nothing behind it is there,
// as the watch waits for it.
func (db *DB) committed(b *overlay.Batch, revision int64, next head) error {
	next.revision = revision
	changes := b.Changed.List()
	db.mu.Lock()
	if db.applied >= revision { // all rows were compared meanwhile
		db.mu.Unlock()
		b.Known()
		return nil
	}
	db.ours(changes)
	if err := db.apply(changes, revision, next); err != nil {
		db.mu.Unlock()
		return fmt.Errorf("%w: %w", store.ErrInDoubt, db.committer.Stop(err))
	}
	db.telling = true
	return nil
}

// expect notes that a commit of ours is under way, or with a zero id that none is.
func (db *DB) expect(id requestID) {
	if !db.telling { // else mu is ours
		db.mu.Lock()
		defer db.mu.Unlock()
	}
	db.sent = id
	db.announce()
}
