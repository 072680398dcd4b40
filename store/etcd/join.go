package etcd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/etcd/leasefile"
)

// ErrNameTaken means that another node of the same name has the store open.
var ErrNameTaken = errors.New("another node of this name has the store open")

// membership is what this node has in etcd of itself: a row that lives by a lease.
type membership struct {
	lease atomic.Int64 // 0 while it has none
	due   chan struct{}
	about atomic.Pointer[func() store.Node]
}

// leaseTime is for how long a node's row lives on without it, in seconds. The row must outlive the
// door, which is open for one MaxStaleness after the lease was last kept.
func (o Options) leaseTime() int64 {
	return int64((3*o.MaxStaleness + time.Second - 1) / time.Second)
}

// join has the other nodes know of this one. It waits for a member that answers, and for the name
// if a node had it that died lately; it fails with ErrNameTaken if one has it.
func (db *DB) join(ctx context.Context) error {
	ctx = clientv3.WithRequireLeader(ctx)
	leasefile.In(db.options.Folder).End(ctx, db.client)
	patience := db.options.Now().Add(time.Duration(db.options.leaseTime()+3) * time.Second)
	for {
		limited, cancel := context.WithTimeout(ctx, db.options.Timeout)
		err := db.enter(limited)
		if err == nil {
			err = db.list(limited, db.client) // who has joined knows the others
		}
		cancel()
		switch {
		case err == nil:
			return nil
		case !db.options.Now().After(patience):
		case errors.Is(err, ErrNameTaken):
			return err
		default:
			return unavailable(err)
		}
		if err := loop.Rest(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// enter writes the row of this node under a new lease.
func (db *DB) enter(ctx context.Context) error {
	if db.door.IsShut() {
		return store.ErrClosed
	}
	lease, err := db.client.Grant(ctx, db.options.leaseTime())
	if err != nil {
		return err
	}
	key, row := db.keys.node(db.options.Node), db.describe()
	r, err := db.client.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(key), "=", 0)).
		Then(clientv3.OpPut(key, row, clientv3.WithLease(lease.ID))).
		Else(clientv3.OpGet(key)).Commit()
	if err == nil && !r.Succeeded {
		err = db.inTheWay(ctx, r.Responses[0].GetResponseRange().Kvs[0].Lease)
	}
	if err != nil {
		_, failed := db.client.Revoke(ctx, lease.ID) // or it ends by itself
		return errors.Join(err, failed)
	}
	db.member.lease.Store(int64(lease.ID))
	return leasefile.In(db.options.Folder).Write(lease.ID)
}

// inTheWay removes a row that this node has lost the lease of, and refuses if it is another's.
func (db *DB) inTheWay(ctx context.Context, lease int64) error {
	if lease != db.member.lease.Load() {
		return fmt.Errorf("%w: %q; give each node a name of its own", ErrNameTaken, db.options.Node)
	}
	_, err := db.client.Revoke(ctx, clientv3.LeaseID(lease))
	return errors.Join(errNotJoined, err)
}

// leave closes the door and then removes the row, so that nobody waits for this node any more.
func (db *DB) leave() {
	db.door.Shut()
	lease := db.member.lease.Swap(0)
	if lease == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), min(db.options.Timeout, time.Second))
	defer cancel()
	if _, err := db.client.Revoke(ctx, clientv3.LeaseID(lease)); err == nil {
		leasefile.In(db.options.Folder).Remove()
	}
}

// Describe implements store.Shared.
func (db *DB) Describe(about func() store.Node) {
	db.member.about.Store(&about)
	db.reportSoon()
}

// describe returns the row of this node.
func (db *DB) describe() string {
	var n store.Node
	if about := db.member.about.Load(); about != nil {
		n = (*about)()
	}
	n.Name, n.Clock, n.Staleness = db.options.Node, db.options.Now(), db.options.MaxStaleness
	db.mu.Lock()
	n.Applied = db.applied
	db.mu.Unlock()
	row, err := json.Marshal(n)
	if err != nil {
		panic(err) // all its fields can be written
	}
	return string(row)
}

// reportEvery is how often a node says that it is there, and what its clock says.
const reportEvery = 2 * time.Second

// reportSoon has the row written anew: somebody waits to hear how far this node has come.
func (db *DB) reportSoon() {
	select {
	case db.member.due <- struct{}{}:
	default:
	}
}

// keepReporting says how far this node has come when somebody asks, and now and then, until the
// store is closed. A report that comes late says less than is true, so nobody is misled by it.
func (db *DB) keepReporting() {
	for {
		select {
		case <-db.member.due:
		case <-time.After(reportEvery):
		case <-db.alive.Done():
			return
		}
		if lease := db.member.lease.Load(); lease != 0 {
			ctx, cancel := context.WithTimeout(db.alive, db.options.Timeout)
			// Without an answer the next report comes soon; without a lease the next proof joins
			// anew.
			_, _ = db.client.Put(ctx, db.keys.node(db.options.Node), db.describe(), clientv3.WithLease(clientv3.LeaseID(lease)))
			cancel()
		}
		_ = loop.Rest(db.alive, 20*time.Millisecond)
	}
}
