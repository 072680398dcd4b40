package authority

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// statePause is the least time between two writes of the record beside the
// key file. A store put back to a state younger than that is not noticed.
const statePause = time.Second

// A progress brings the record beside the key file up to what was committed.
type progress struct {
	file stateFile
	rows *rows.Rows
	work chan struct{} // holds a token while there is something to write

	at    milestone // as it is to be written
	saved bool      // it was

	mu   sync.Mutex
	last store.Row // the newest committed entry; none if at has it already
}

func newProgress(f stateFile, r *rows.Rows, at milestone) *progress {
	return &progress{file: f, rows: r, at: at, saved: true, work: make(chan struct{}, 1)}
}

// follow takes note of committed entries. Only what the store calls committed
// counts: a reader may see a commit whose sync is still under way.
func (p *progress) follow(changes []store.Change) {
	row, ok := rows.LastEntry(changes)
	if !ok {
		return
	}
	p.mu.Lock()
	p.last = row
	p.mu.Unlock()
	select {
	case p.work <- struct{}{}:
	default:
	}
}

// run writes the record as entries come, until ctx ends.
func (p *progress) run(ctx context.Context, log *slog.Logger) {
	pause := time.NewTicker(statePause)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-p.work:
		}
		if err := p.save(); err != nil {
			log.Error("the record of the store's state could not be written; it is tried again", "err", err)
			p.retry()
		}
	}
}

func (p *progress) retry() {
	select {
	case p.work <- struct{}{}:
	default:
	}
}

// save writes the record, unless it is up to date. One goroutine at a time
// calls it; commits do not wait for it.
func (p *progress) save() error {
	p.mu.Lock()
	row := p.last
	p.last = store.Row{}
	p.mu.Unlock()
	if row.Key != nil {
		e, err := p.rows.Entries.Decode(row.Key, row.Value)
		if err != nil {
			return err
		}
		p.at.seq, p.at.sum, p.saved = e.Seq, sumOf(e), false
	}
	if p.saved {
		return nil
	}
	if err := p.file.write(p.at); err != nil {
		return err
	}
	p.saved = true
	return nil
}
