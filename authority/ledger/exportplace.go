package ledger

import (
	"context"
	"time"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// A place is how far the log was written out, to the sink of one node. On a store that one process
// has it is written down with each write. Among several nodes that would make a commit of each
// commit of another one, so it is written now and then, and a few lines more come twice after a
// crash.
type place struct {
	rows *rows.Rows
	db   store.DB
	key  string
	now  func() time.Time
	rare bool

	at     rows.Exported
	known  bool
	behind bool // what is written down is less
	noted  time.Time
}

// placePause is the least time between two notes of a place that is written down now and then.
const placePause = 5 * time.Second

func newPlace(l Ledger, db store.DB, node string, now func() time.Time) *place {
	p := &place{rows: l.rows, db: db, key: rows.ExportKey, now: now, rare: node != ""}
	if p.rare {
		p.key = rows.ExportKey + "/" + node
	}
	return p
}

// get returns the place.
func (p *place) get(r store.Reader) (rows.Exported, error) {
	if p.known {
		return p.at, nil
	}
	at, _, err := p.rows.Export.Get(r, p.key)
	if err == nil {
		p.at, p.known = at, true
	}
	return at, err
}

// set moves the place, and writes it down if it is time to.
func (p *place) set(ctx context.Context, at rows.Exported) error {
	p.at, p.known, p.behind = at, true, true
	if p.rare && p.now().Sub(p.noted) < placePause {
		return nil
	}
	return p.note(ctx)
}

// noteDue writes down what has waited for long enough.
func (p *place) noteDue(ctx context.Context) error {
	if !p.behind || p.now().Sub(p.noted) < placePause {
		return nil
	}
	return p.note(ctx)
}

// note writes the place down, even if we are told to stop meanwhile.
func (p *place) note(ctx context.Context) error {
	if !p.behind {
		return nil
	}
	at := p.at
	err := p.db.Update(context.WithoutCancel(ctx), func(w store.Writer) error { return p.rows.Export.Put(w, p.key, at) })
	if p.noted = p.now(); err == nil {
		p.behind = false
	}
	return err
}
