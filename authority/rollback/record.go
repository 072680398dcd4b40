package rollback

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/token"
)

// writePause is the least time between two writes of the record. A store put
// back to a state younger than that is not noticed.
const writePause = time.Second

// A Record brings the record beside the key file up to what was committed.
type Record struct {
	file file
	rows *rows.Rows
	log  *slog.Logger
	due  loop.Signal // set while there is something to write

	at    milestone // as it is to be written
	saved bool      // it was

	under atomic.Uint32 // the key that the record was last sealed under

	mu   sync.Mutex
	last store.Row // the newest committed entry; none if at has it already
	// The key of the newest entry that was ever told of.
	newest []byte
}

func newRecord(f file, o Options, at milestone) *Record {
	r := &Record{file: f, rows: o.Rows, log: o.Log, at: at, saved: true, due: loop.NewSignal(), newest: []byte(rows.SeqKey(at.seq))}
	o.DB.Follow(r.follow)
	return r
}

// follow takes note of committed entries. Only what the store calls committed
// counts: a reader may see a commit whose sync is still under way.
func (r *Record) follow(changes []store.Change) {
	row, ok := rows.LastEntry(changes)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if bytes.Compare(row.Key, r.newest) < 0 {
		return // it was written anew, under another key
	}
	r.last, r.newest = row, row.Key
	r.due.Set()
}

// Run writes the record as entries come, until ctx ends.
func (r *Record) Run(ctx context.Context) {
	r.due.EachAfter(ctx, writePause, func(context.Context) {
		if err := r.Save(); err != nil {
			r.log.Error("the record of the store's state could not be written; it is tried again", "err", err)
			r.due.Set()
		}
	})
}

// Under returns the key that the record was last sealed under by this process, or 0.
func (r *Record) Under() token.KeyID { return token.KeyID(r.under.Load()) }

// Save writes the record, unless it is up to date. One goroutine at a time
// may call it, and none while Run runs; commits do not wait for it.
func (r *Record) Save() error {
	r.mu.Lock()
	row := r.last
	r.last = store.Row{}
	r.mu.Unlock()
	if row.Key != nil {
		e, err := r.rows.Entries.Decode(row.Key, row.Value)
		if err != nil {
			return err
		}
		r.at.seq, r.at.sum, r.saved = e.Seq, sumOf(e), false
	}
	if r.saved {
		return nil
	}
	key := r.file.keys.SealingID() // or, by now, a newer one
	if err := r.file.write(r.at); err != nil {
		return err
	}
	r.saved = true
	r.under.Store(uint32(key))
	return nil
}
