package etcd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/dial"
	"tokenscale/store/etcd/mirror"
	"tokenscale/store/etcd/parcel"
	"tokenscale/store/etcd/proof"
	"tokenscale/store/etcd/quota"
	"tokenscale/store/etcd/reads"
	"tokenscale/store/etcd/turns"
	"tokenscale/store/etcd/watching"
	"tokenscale/store/overlay"
	"tokenscale/store/readers"
)

// DB is a store.DB in etcd.
type DB struct {
	options   Options
	keys      keys
	client    *clientv3.Client
	mirror    *mirror.Mirror
	committer *overlay.Committer
	turns     *turns.Ring
	readers   readers.Open
	quota     *quota.Gauge

	watching *watching.Watch

	laying laying

	member membership
	door   proof.Door
	reads  *reads.Shared

	alive  context.Context // ends when the store is closed
	cancel context.CancelFunc
	loops  sync.WaitGroup

	// mu is held from when a revision is written to the mirror until all followers know of it.
	mu      sync.Mutex
	head    head
	applied int64         // the revision that the mirror has come to
	watched int64         // the revision up to which all that others write is known
	roster  roster        // the other nodes, as of watched
	moved   chan struct{} // closed when any of these moves, or sent does; then there is another
	sent    requestID     // of the commit of ours that has no answer yet; zero if there is none
	foreign foreign       // what others have written that is no node
	telling bool          // the committer holds mu; it belongs to the committer

	once     sync.Once
	closeErr error
}

var (
	_ store.Shared  = (*DB)(nil)
	_ store.Guarded = (*DB)(nil)
)

// Open opens the store under o.Prefix, or begins one, and brings the mirror to where etcd is. It
// fails with store.ErrUnavailable if too few members answer, with boltfile.ErrLocked if another
// process has the mirror open, and with ErrNameTaken if another node has the name.
func Open(ctx context.Context, o Options) (_ *DB, err error) {
	if o, err = o.filled(); err != nil {
		return nil, err
	}
	db := &DB{options: o, keys: keys{o.Prefix}, moved: make(chan struct{}), foreign: noForeign(), laying: newLaying()}
	db.member.due, db.reads = make(chan struct{}, 1), reads.New()
	db.roster.nodes = map[string]store.Node{}
	db.turns = &turns.Ring{Node: o.Node, Off: o.controls.noTurns}
	// A member that has lost its leader refuses at once, so that another one is asked.
	db.alive, db.cancel = context.WithCancel(clientv3.WithRequireLeader(context.Background()))
	if db.client, err = dial.Pinned(o.dial(), o.Node); err != nil {
		return nil, err
	}
	watcher, err := connect(o)
	if err != nil {
		return nil, errors.Join(err, db.client.Close())
	}
	db.watching = watching.New(watcher, o.Endpoints, o.Node, o.Timeout/4)
	db.quota = &quota.Gauge{Members: o.dial(), Timeout: o.Timeout, Off: o.controls.noQuota, Every: o.controls.quotaLook}
	if db.mirror, err = mirror.Open(o.Folder, boltfile.Schema{Version: o.Schema, Tables: o.Tables}); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the mirror %s: %w", o.Folder, err), db.client.Close(), db.watching.Client.Close())
	}
	rows, size := db.Limits()
	db.committer = overlay.Start(backend{db}, overlay.Settings{
		Tables: o.Tables, QueueLength: o.QueueLength, BatchCount: 512, BatchBytes: o.MaxBytes, MaxRows: rows, MaxBytes: size,
		WideRows: parcel.Rows, WideBytes: parcel.Bytes, Now: o.Now,
	})
	if err := db.catchUp(ctx); err != nil {
		err = o.dial().Explain(ctx, err)
		return nil, errors.Join(fmt.Errorf("reading %s from etcd: %w", o.Prefix, err), db.Close())
	}
	db.loops.Go(db.follow)
	db.loops.Go(db.keepUndoing)
	db.loops.Go(db.keepLaying)
	if err := db.join(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.laying.due.Set() // there may be something of an author that was killed
	db.loops.Go(func() { db.quota.Keep(db.alive) })
	db.loops.Go(db.keepProving)
	db.loops.Go(db.keepReporting)
	db.loops.Go(func() { db.reads.Keep(db.alive, db.options.Now, db.catchHead) })
	return db, nil
}

// connect returns a client of etcd. It does not wait for a connection.
func connect(o Options) (*clientv3.Client, error) { return dial.Client(o.dial()) }

// dial says how members are connected to.
func (o Options) dial() dial.Options {
	return dial.Options{Endpoints: o.Endpoints, TLS: o.TLS, Key: keys{o.Prefix}.head()}
}

// View implements store.DB. It reads the mirror, so it never waits for etcd.
func (db *DB) View(ctx context.Context, fn func(store.Reader) error) error {
	return db.view(ctx, func(r *boltfile.Reader) error {
		return r.Run(func(r store.Reader) error { return fn(r) })
	})
}

func (db *DB) view(ctx context.Context, fn func(*boltfile.Reader) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.isClosing() {
		return store.ErrClosed
	}
	tx, err := db.mirror.Begin(false)
	if err != nil {
		return err
	}
	defer func() {
		if failed := tx.Rollback(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	defer db.readers.Enter(db.options.Now())()
	return fn(tx.Reader(ctx, db.metDamage))
}

// metDamage stops the store because the mirror cannot be read.
func (db *DB) metDamage(err error) { _ = db.committer.Stop(err) }

func (db *DB) isClosing() bool {
	select {
	case <-db.committer.Closing():
		return true
	default:
		return false
	}
}

// Update implements store.DB. After store.ErrUnavailable nothing was changed. With
// store.Everywhere it waits for the other nodes at most a little longer than Options.MaxStaleness.
func (db *DB) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	err := db.committer.Update(ctx, fn, how...)
	if slices.Contains(how, store.Everywhere) && !errors.Is(err, store.ErrInDoubt) {
		db.awaitNodes()
	}
	return err
}

// besides is how many operations a commit has besides its rows: the head, and who wrote it.
const besides = 2

// Limits implements store.DB. A transaction that changes more is a wide commit, which nobody shares
// and which is laid out after it, so it is for what must be done at once: see parcel.Rows and
// parcel.Bytes.
func (db *DB) Limits() (rows, bytes int) {
	return db.options.MaxOps - besides, db.options.MaxBytes - db.options.MaxOps*db.keys.perRow(db.options.Tables)
}

// Follow implements store.DB. What other nodes change is told as the net of each of their commits.
func (db *DB) Follow(fn func([]store.Change)) { db.committer.Follow(fn) }

// SumBy implements store.DB.
func (db *DB) SumBy(by store.Summer) { db.committer.SumBy(by) }

// Stopped implements store.DB. Only a broken mirror stops the store.
func (db *DB) Stopped() <-chan struct{} { return db.committer.Stopped() }

// Err implements store.DB.
func (db *DB) Err() error { return db.committer.Err() }

// Stats implements store.DB.
func (db *DB) Stats() store.Stats {
	s := db.committer.Stats()
	db.quota.Fill(&s)
	s.Readers, s.OldestRead = db.readers.State(db.options.Now())
	return s
}

// Silent implements store.Shared.
func (db *DB) Silent() []string { return db.quota.Silent() }

// Alarms implements store.Shared.
func (db *DB) Alarms() []string { return db.quota.Alarms() }

// Backup implements store.DB. The copy is a store of the package bolt.
func (db *DB) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	err = db.view(ctx, func(r *boltfile.Reader) error {
		return r.Run(func(store.Reader) (err error) {
			n, err = r.WriteTo(w)
			return err
		})
	})
	return n, err
}

// Close implements store.DB.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.leave()
		patience := time.AfterFunc(db.options.Patience, db.cancel) // for a commit in doubt
		db.committer.Close()
		patience.Stop()
		db.cancel()
		db.loops.Wait()
		db.closeErr = errors.Join(db.mirror.Close(), db.client.Close(), db.watching.Client.Close())
	})
	return db.closeErr
}

// inOrder sorts changes by table and key.
func inOrder(changes []store.Change) []store.Change {
	slices.SortFunc(changes, compareChanges)
	return changes
}

func compareChanges(a, b store.Change) int {
	return cmp.Or(cmp.Compare(a.Table, b.Table), bytes.Compare(a.Key, b.Key))
}
