package authority

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"tokenscale/authority/archive"
	"tokenscale/authority/claim"
	"tokenscale/authority/clock"
	"tokenscale/authority/door"
	"tokenscale/authority/endings"
	"tokenscale/authority/index"
	"tokenscale/authority/index/feed"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/makers"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/authority/sessions"
	"tokenscale/authority/tally"
	"tokenscale/authority/timekeeping"
	"tokenscale/authority/tombstones"
	"tokenscale/authority/upkeep"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/token"
)

// Options are what an Authority works with. DB, Keys, Now, Random and Log are
// needed.
type Options struct {
	DB     store.DB // opened with Tables
	Keys   *keyring.Keys
	Now    func() time.Time
	Random io.Reader // fit for keys, such as crypto/rand.Reader
	Log    *slog.Logger

	// Steady, if not nil, is a clock that nobody sets; see clock.Clock. Unless
	// given it is the monotonic part of what Now returns.
	Steady func() time.Duration

	// RootHash, if not nil, is the hash of the one root token. What the store
	// holds of another one then counts for nothing.
	RootHash *token.Hash

	// AuditSink, if not nil, gets each audit entry as a line of JSON, at
	// least once. It may block; nobody waits for it.
	AuditSink io.Writer

	// StateFile, if set, is the path of the record beside the key file that
	// says how far the store had come; see rollback.ErrRollback. It should not lie
	// where the store lies.
	StateFile string

	// AcceptRollback goes on from an older store, with an audit entry.
	AcceptRollback bool

	// Join begins a record in StateFile if there is none, although the store has been in use: this
	// is a new node of a store that others share. They would notice if it were an older one.
	Join bool

	// AcceptClock goes on from what Now returns, although time had come
	// further, with an audit entry.
	AcceptClock bool

	// Archive says where the audit log is kept that leaves the store, and when it does. Without a
	// folder the log is read in the store alone.
	Archive archive.Settings

	// Node is the name of this node in a cluster, as its store has it; empty if
	// there is no other.
	Node string

	// Pause is the time between two rounds of housekeeping: the removal of
	// expired tokens and the writing of last uses. Zero means 60 seconds.
	Pause time.Duration
}

// An Authority keeps the tokens of a cluster. It is safe for concurrent use.
type Authority struct {
	rows        *rows.Rows
	ledger      ledger.Ledger
	store       store.DB
	door        *door.Door     // whether this node may answer for tokens
	endings     endings.Teller // of tokens that will expire soon
	keys        *keyring.Keys
	index       *index.Index
	feed        *feed.Feed // what index follows
	time        *clock.Clock
	keeper      *timekeeping.Keeper // of time
	random      io.Reader
	log         *slog.Logger
	pause       time.Duration
	counts      *counts
	refused     *tally.Refusals
	denied      *tally.RefusedChanges
	export      *ledger.Exporter // nil if nobody asked for one
	reached     *rollback.Record // nil without a StateFile
	checkpoints *ledger.Checkpointer
	archiver    *archive.Archiver
	read        *tally.Readings
	scrub       *integrity.Scrubber
	turning     *rekey.Running // of keys

	sessions   *sessions.Sessions
	tombstones *tombstones.Tombstones // of tokens that have ended
	makers     *makers.Makers
	storeID    uint64 // names the store; see StoreID

	upkeep *upkeep.Upkeep

	node       string // of a cluster; empty if there is none
	byHash     bool   // root is known by a hash from outside
	verifyOnly bool   // the store can only be read, so nothing is written

	stop  context.CancelFunc
	alive context.Context
	loops sync.WaitGroup
	runs  []func(context.Context) // what Start begins
	tasks []task                  // of each round of housekeeping
	last  []task                  // also of Close
}

// Open loads the index from the store. It refuses a store that was written
// under other keys.
//
// On a store that can only be read it writes nothing: tokens are verified and
// listed, and commands refused. A start that has something to write down that
// later ones depend on is then refused with store.ErrReadOnly.
func Open(ctx context.Context, o Options) (_ *Authority, err error) {
	a := assemble(o)
	if db, ok := a.store.(store.Guarded); ok {
		db.Guard(a.scrub.Foreign)
	}
	if err := a.heedKeys(ctx); err != nil { // before any change of another node is judged
		return nil, err
	}
	a.store.SumBy(o.Keys)
	if err := a.door.Join(ctx, o.Node, o.Keys.SealingID().String()); err != nil {
		return nil, fmt.Errorf("this node cannot join: %w", err)
	}
	a.feed = feed.New(a.store)
	a.feed.Pause() // until all is read: other nodes do not wait for us
	a.index.Follow(a.feed, a.rows, a.log, o.RootHash != nil)
	if a.storeID, err = claim.Store(ctx, claim.Options{DB: o.DB, Rows: a.rows, Random: o.Random, ReadOnly: a.verifyOnly}); err != nil {
		return nil, err
	}
	if err := a.store.View(ctx, a.rows.Heed); err != nil { // another node may have claimed it
		return nil, err
	}
	accepted, err := a.keeper.Begin(ctx, o.AcceptClock)
	if err != nil {
		return nil, err
	}
	if o.StateFile != "" {
		begin := a.rollbackOptions(o.StateFile)
		begin.Accept, begin.Join = o.AcceptRollback, o.Join
		if a.reached, err = rollback.Begin(ctx, begin); err != nil {
			return nil, err
		}
		if a.turning.Reached = a.reached; a.reached != nil {
			a.runs = append(a.runs, a.reached.Run)
		}
	}
	if accepted && !a.verifyOnly {
		if err := a.upkeep.BringBack(ctx); err != nil {
			return nil, fmt.Errorf("bringing back tokens that had expired by a wrong clock: %w", err)
		}
	}
	if err := a.load(ctx); err != nil {
		return nil, fmt.Errorf("loading the store: %w", err)
	}
	if err := a.ledger.Backfill(ctx, a.store, a.log); err != nil {
		return nil, fmt.Errorf("making the tree over the audit log: %w", err)
	}
	if err := a.keeper.NoteFirst(ctx, accepted); err != nil {
		return nil, err
	}
	a.checkpoints.Load(ctx)
	if a.byHash {
		a.takeRoot(*o.RootHash)
	}
	if a.verifyOnly {
		return a, nil
	}
	if o.AuditSink != nil {
		a.export = ledger.NewExporter(a.ledger, a.store, o.AuditSink, o.Node, o.Now, a.log)
	}
	return a, nil
}

// assemble puts an Authority together that has not looked at its store yet.
func assemble(o Options) *Authority {
	all := rows.New(o.Keys)
	a := &Authority{
		rows: all, ledger: ledger.New(all), store: o.DB, keys: o.Keys, index: index.New(),
		time: clock.New(o.Now, o.Steady), random: o.Random, log: o.Log, pause: cmp.Or(o.Pause, time.Minute),
		counts: newCounts(), node: o.Node, byHash: o.RootHash != nil,
	}
	all.NumberOf = a.index.Number
	a.archiver = archive.New(archive.Options{
		Settings: o.Archive, DB: o.DB, Rows: all, Now: a.clock, Pause: a.pause, Log: o.Log, Node: o.Node,
	})
	a.verifyOnly = errors.Is(o.DB.Err(), store.ErrReadOnly)
	a.sessions, a.tombstones = sessions.New(o.DB, all), tombstones.New(o.DB, all, a.index)
	a.makers = makers.New(o.DB, a.ledger, o.Log)
	a.upkeep = upkeep.New(o.DB, all, a.ledger, a.index, a.time, a.tombstones)
	write := a.writeDown
	if a.verifyOnly {
		write = a.tellInstead
	}
	a.turning = &rekey.Running{
		Turn: rekey.Turn{DB: o.DB, Rows: all, Now: a.clock, Self: o.Node}, Time: o.Now, Log: o.Log, Taking: func() {
			if a.byHash {
				a.takeRoot(*o.RootHash) // the key that it was digested under may be about to go
			}
		},
	}
	if shared, ok := o.DB.(store.Shared); ok {
		a.turning.Nodes = shared.Nodes
	}
	a.refused = tally.NewRefusals(write, a.log)
	a.denied, a.read = tally.NewRefusedChanges(write), tally.NewReadings(write)
	a.keeper = timekeeping.New(timekeeping.Options{
		Clock: a.time, DB: o.DB, Rows: all, NextExpiry: a.index.NextExpiry, Log: a.log,
		Agrees: func() bool { return a.door.Clock() == nil },
	})
	a.alive, a.stop = context.WithCancel(context.Background())
	a.door = door.Of(o.DB, a.alive)
	a.endings = endings.Teller{
		DB: o.DB, Rows: all, Ledger: a.ledger, Index: a.index, Now: a.clock, Batch: a.batchSize(upkeep.Batch, upkeep.RowsOfExpiry),
	}
	a.checkpoints = ledger.NewCheckpointer(a.ledger, a.store, a.clock, a.log)
	a.checkpoints.Signs = a.door.KeepsHouse
	a.scrub = integrity.NewScrubber(integrity.ScrubOptions{
		DB: a.store, Rows: a.rows, Index: a.index, Now: a.clock, Log: a.log, RootFromOutside: o.RootHash != nil,
		Past: a.archiver.Scrub,
	})
	a.runs = []func(context.Context){a.housekeeping, a.refused.Run, a.keeper.Run, a.scrub.Run, a.door.Run}
	a.last = []task{{"writing counted refusals", a.refused.Flush}, {"writing refused changes", a.denied.Flush}, {"writing who has read what", a.read.Flush}}
	a.tasks = []task{{"looking for long reads", a.tellLongReads}, {"refusing keys that seal nothing any more", a.turning.Shut}}
	if !a.verifyOnly {
		a.runs = append(a.runs, a.checkpoints.Run, a.mending)
		a.last = append(a.last, task{"writing last uses", a.flushUses}, task{"writing uses of ended tokens", a.flushTried})
		a.tasks = append(a.tasks, a.changes()...)
		a.runs = append(a.runs, a.archiver.Run)
	}
	return a
}

// heedKeys has the keys do what the store says of them, now and whenever it changes.
func (a *Authority) heedKeys(ctx context.Context) error {
	a.store.Follow(func(changes []store.Change) {
		if err := a.rows.HeedChanges(changes); err != nil {
			a.log.Error("this node takes no more changes", "err", err)
		}
	})
	return claim.Foreign(a.store.View(ctx, a.rows.Heed))
}

// Keys turns the keys while the server runs.
func (a *Authority) Keys() *rekey.Running { return a.turning }

// load reads what is held in memory, and refuses a store whose rows are not those that were written
// last: nobody can say which of them would have to be left out.
func (a *Authority) load(ctx context.Context) error {
	defer a.feed.Resume()
	return a.store.View(ctx, func(r store.Reader) error {
		return integrity.ReadSummed(r, a.keys, integrity.SummedAtStart(), func(r store.Reader) error {
			if err := a.index.Read(r, a.rows, a.log); err != nil {
				return err
			}
			return cmp.Or(a.sessions.Load(r), a.tombstones.Load(r))
		})
	})
}

// Door says whether this node may answer for tokens. On a store that one process has open it is
// nil, which is always open.
func (a *Authority) Door() *door.Door { return a.door }

// clock returns this moment, which is never before an earlier one.
func (a *Authority) clock() epoch.Millis { return a.time.Now() }

// Start begins the housekeeping. Close ends it.
func (a *Authority) Start() {
	for _, run := range a.runs {
		a.loops.Go(func() { run(a.alive) })
	}
	if a.export != nil {
		a.export.Start(a.alive)
	}
}

// Close ends the housekeeping, waits for it, and writes what is only in
// memory: last uses, counted refusals and readings, a checkpoint of the audit
// log, what time it is, and audit lines. It does not close the store. ctx
// bounds the last writes, and the patience with a sink that blocks.
func (a *Authority) Close(ctx context.Context) error {
	a.stop()
	a.loops.Wait()
	var err error
	for _, t := range a.last {
		err = errors.Join(err, t.do(ctx))
	}
	a.lastCheckpoint(ctx)
	a.keeper.SaveLast(ctx)
	if a.export != nil {
		err = errors.Join(err, a.export.Finish(ctx))
	}
	if a.reached != nil {
		err = errors.Join(err, a.reached.Save())
	}
	return err
}
