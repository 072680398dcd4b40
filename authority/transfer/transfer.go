package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// The ways a transfer is refused.
var (
	// ErrNotEmpty means that there are rows in the target that no transfer of this source has put
	// there.
	ErrNotEmpty = errors.New("the target is not empty")

	// ErrChanged means that the source was changed while it was copied, or since it was begun.
	ErrChanged = errors.New("the source was changed meanwhile")
)

// Options say what is transferred.
type Options struct {
	From, To store.DB
	Keys     *keyring.Keys
	Record   rollback.Options // of the target: where its record is, and what time it is
	Way      string           // "from to", as the audit log says it

	// Alone fails if anybody else uses one of the stores. It is asked before the copy, and after
	// each moment from which on others are refused.
	Alone func(ctx context.Context) error

	// Past, if not nil, reads what has left the source; see rows.Rows.Past. The files of that are
	// not transferred, as they are the same for both.
	Past func(store.Reader) store.Reader

	// Proof, if not nil, fails if the target does not hold what it says that it holds.
	Proof func(ctx context.Context) error
}

// A Report says what was transferred.
type Report struct {
	Tables []TableSum
	Log    ledger.Report
}

// Run transfers all rows, or goes on with a transfer that was cut off.
func Run(ctx context.Context, o Options) (rep Report, err error) {
	t := transfer{Options: o, rows: rows.New(o.Keys)}
	o.From.SumBy(o.Keys)
	o.To.SumBy(o.Keys)
	if err := o.Alone(ctx); err != nil {
		return rep, err
	}
	if err := t.begin(ctx); err != nil {
		return rep, err
	}
	if err := Rows(ctx, o.From, o.To); err != nil {
		return rep, err
	}
	if rep.Tables, rep.Log, err = Compare(ctx, o.whole(o.From), o.whole(o.To), o.Keys); err != nil {
		return rep, err
	}
	if o.Proof != nil {
		if err := o.Proof(ctx); err != nil {
			return rep, err
		}
	}
	if err := t.leave(ctx); err != nil {
		return rep, err
	}
	return rep, t.finish(ctx)
}

// whole returns a store with what has left it.
func (o Options) whole(s Source) Source {
	if o.Past == nil {
		return s
	}
	return wholeLog{s, o.Past}
}

// wholeLog is a Source whose Readers are rows.Past.
type wholeLog struct {
	Source
	past func(store.Reader) store.Reader
}

// View implements Source.
func (w wholeLog) View(ctx context.Context, fn func(store.Reader) error) error {
	return w.Source.View(ctx, func(r store.Reader) error { return fn(w.past(r)) })
}

type transfer struct {
	Options
	rows *rows.Rows
	id   uint64 // of the state of the source
}

// begin marks the target as one that is being written, so that no server starts on it.
func (t *transfer) begin(ctx context.Context) (err error) {
	if err := t.From.View(ctx, func(r store.Reader) error {
		t.id, err = t.state(r)
		return err
	}); err != nil {
		return err
	}
	return t.To.Update(ctx, func(w store.Writer) error {
		id, begun, err := t.rows.Numbers.Get(w, rows.CopyKey)
		switch {
		case err != nil:
			return err
		case begun && id != t.id:
			return fmt.Errorf("%w: a copy that was cut off was of another state of it; begin with an empty target", ErrChanged)
		case begun:
			return nil
		}
		if err := isEmpty(w); err != nil {
			return err
		}
		return t.rows.Numbers.Put(w, rows.CopyKey, t.id)
	})
}

// state returns a number that differs between any two states of a store that a server has left.
func (t *transfer) state(r store.Reader) (uint64, error) {
	starts, _, err := t.rows.Numbers.Get(r, rows.EpochKey)
	if err != nil {
		return 0, err
	}
	last, err := ledger.New(t.rows).Last(r)
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(fmt.Append(rows.PackedEntry(last), last.Seq, " ", starts))
	return binary.BigEndian.Uint64(sum[:]), nil
}

func isEmpty(r store.Reader) error {
	for _, t := range rows.Tables() {
		if err := r.Scan(t, store.Range{}, func(_, _ []byte) error { return fmt.Errorf("%w: it has rows in the table %s", ErrNotEmpty, t) }); err != nil {
			return err
		}
	}
	return nil
}

// leave marks the source as one that is no longer in use, unless somebody has changed it.
func (t *transfer) leave(ctx context.Context) error {
	err := t.From.Update(ctx, func(w store.Writer) error {
		id, err := t.state(w)
		if err == nil && id != t.id {
			err = ErrChanged
		}
		if err != nil {
			return err
		}
		return t.rows.Numbers.Put(w, rows.MovedKey, 1)
	}, store.UseReserve, store.Everywhere)
	if err != nil {
		return fmt.Errorf("marking the source as moved: %w", err)
	}
	if err := t.Alone(ctx); err != nil {
		return errors.Join(err, t.From.Update(ctx, func(w store.Writer) error { return t.rows.Numbers.Delete(w, rows.MovedKey) }))
	}
	return nil
}

// finish makes the target one that a server starts on.
func (t *transfer) finish(ctx context.Context) error {
	o := t.Record
	o.DB, o.Rows = t.To, t.rows
	record, err := rollback.Transferred(ctx, o, t.Way)
	if err != nil {
		return fmt.Errorf("finishing the target: %w", err)
	}
	return record()
}
