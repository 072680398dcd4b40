package timekeeping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/clock"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/store"
)

// AcceptAction stands in the audit entries of what --accept-clock does.
const AcceptAction = "accept-clock"

const (
	// lookPause is the time between two looks at the machine's clock.
	lookPause = time.Second

	// timePause is the least time between two writes of what time it is,
	// which are only for a token that has expired in between.
	timePause = 5 * time.Second

	// timeLate is after how long it is written although none has, for the
	// sake of sessions.
	timeLate = time.Hour
)

// A Keeper writes into the store what time it is, and to the audit log what
// happened to the machine's clock.
type Keeper struct {
	Options
	readOnly bool
}

// Options are what a Keeper works with. All are needed.
type Options struct {
	Clock *clock.Clock
	DB    store.DB
	Rows  *rows.Rows
	Log   *slog.Logger

	// Agrees, if not nil, reports whether the clock agrees with those of other nodes, which would
	// go on from what this one writes.
	Agrees func() bool

	// NextExpiry returns the first expiry of a token after a moment, or zero.
	NextExpiry func(epoch.Millis) epoch.Millis
}

// New returns a Keeper. On a store that can only be read it writes nothing.
func New(o Options) *Keeper {
	return &Keeper{o, errors.Is(o.DB.Err(), store.ErrReadOnly)}
}

// Begin goes on from the time that the store tells, unless accept is set.
func (k *Keeper) Begin(ctx context.Context, accept bool) (accepted bool, err error) {
	var s clock.Saved
	err = k.DB.View(ctx, func(r store.Reader) (err error) {
		s, err = k.stored(r)
		return err
	})
	return err == nil && k.Clock.Begin(s, accept), err
}

// stored reads what time it was, and for how long the server had run. If
// that was never written, as after a crash in the first hour, the audit log tells.
func (k *Keeper) stored(tx store.Reader) (s clock.Saved, err error) {
	mark, ok, err := k.Rows.Numbers.Get(tx, rows.ClockKey)
	if err != nil {
		return s, err
	}
	if s.Mark = epoch.Millis(mark); !ok {
		last, err := ledger.New(k.Rows).Last(tx)
		return clock.Saved{Mark: last.Time}, err
	}
	ran, _, err := k.Rows.Numbers.Get(tx, rows.RunningKey)
	s.Ran = time.Duration(min(ran, uint64(math.MaxInt64/time.Millisecond))) * time.Millisecond
	return s, err
}

// Put writes what time it is, and for how long the server has run, unless another node has come
// further. A clock that does not agree with those of the others is not written.
func (k *Keeper) Put(w store.Writer, s clock.Saved) error {
	if k.Agrees != nil && !k.Agrees() {
		return nil
	}
	mark, _, err := k.Rows.Numbers.Get(w, rows.ClockKey)
	if err != nil {
		return err
	}
	ran, _, err := k.Rows.Numbers.Get(w, rows.RunningKey)
	if err != nil {
		return err
	}
	ran = min(ran, uint64(math.MaxInt64/time.Millisecond))
	return k.put(w, clock.Saved{
		Mark: max(s.Mark, epoch.Millis(mark)), Ran: max(s.Ran, time.Duration(ran)*time.Millisecond),
	})
}

func (k *Keeper) put(w store.Writer, s clock.Saved) error {
	return cmp.Or(
		k.Rows.Numbers.Put(w, rows.ClockKey, uint64(s.Mark)),
		k.Rows.Numbers.Put(w, rows.RunningKey, uint64(s.Ran.Milliseconds())),
	)
}

// Run looks at the machine's clock, and writes down what time it is as
// far as something depends on it, until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	failed := 0 // looks for which a store that has just failed is left alone
	loop.Every(ctx, lookPause, func(ctx context.Context) {
		k.Clock.Look()
		if failed--; failed > 0 || k.DB.Err() != nil && !k.readOnly {
			return
		}
		if err := k.WriteDue(ctx); err != nil && ctx.Err() == nil {
			failed = int(time.Minute / lookPause)
			k.Log.Error("what time it is could not be written down; it is tried again", "err", err)
		}
	})
}

// WriteDue writes what is due.
func (k *Keeper) WriteDue(ctx context.Context) error {
	return cmp.Or(k.noteJumps(ctx, false), k.saveIfDue(ctx))
}

// saveIfDue writes what time it is if a token has expired since it was
// last written, which must not live again after a crash and with a clock that
// was set back. So an idle server writes once an hour.
func (k *Keeper) saveIfDue(ctx context.Context) error {
	if k.readOnly {
		return nil
	}
	now, saved := k.Clock.Now(), k.Clock.LastSaved()
	next := k.NextExpiry(saved)
	expired := now >= saved.Add(timePause) && next != 0 && next <= now
	if !expired && now < saved.Add(timeLate) {
		return nil
	}
	return k.save(ctx, k.Put, nil)
}

// save writes what time it is by put, and entries with it.
func (k *Keeper) save(ctx context.Context, put func(store.Writer, clock.Saved) error, entries []audit.Entry) error {
	t := k.Clock.ToSave()
	err := k.DB.Update(ctx, func(w store.Writer) error {
		return cmp.Or(put(w, t), ledger.New(k.Rows).AppendAll(w, entries))
	}, store.UseReserve)
	if err == nil {
		k.Clock.WasSaved(t)
	}
	return err
}

// SaveLast writes the exact time at which a server ends. Without it, only the
// last moments are missing.
func (k *Keeper) SaveLast(ctx context.Context) {
	if k.DB.Err() != nil || k.Clock.ToSave().Mark <= k.Clock.LastSaved() {
		return
	}
	if err := k.save(ctx, k.Put, nil); err != nil {
		k.Log.Warn("what time it is could not be written down", "err", err)
	}
}

// noteJumps writes to the log and to the audit log what happened to the
// machine's clock, and that the operator had us go on from it.
func (k *Keeper) noteJumps(ctx context.Context, accepted bool) error {
	news := k.Clock.TakeNews()
	if len(news) == 0 && !accepted {
		return nil
	}
	entries := make([]audit.Entry, 0, len(news)+1)
	if accepted {
		k.Log.Warn("time goes on from what the clock says, as --accept-clock asks")
		entries = append(entries, entry(audit.ClockAccepted, AcceptAction, k.Clock.Now()))
	}
	for _, j := range news {
		k.Log.Error("the clock of this machine has jumped; what has expired stays refused, and comes back only with --accept-clock, within seven days of running", "direction", j.Direction, "by", j.By, "clock", j.Wall, "time", j.At)
		entries = append(entries, entry(audit.ClockJumped, "clock", j.At, audit.One("direction", j.Direction),
			audit.One("byMs", strconv.FormatInt(j.By.Milliseconds(), 10)), audit.One("clock", j.Wall.String())))
	}
	if k.readOnly && !accepted {
		return nil // the log has it
	}
	put := k.Put
	if accepted {
		put = k.put // time goes back
	}
	err := k.save(ctx, put, entries)
	if err != nil {
		k.Clock.PutBackNews(news)
	}
	return err
}

// NoteFirst is noteJumps for a start. Only what the operator accepts must be
// written down before the server goes on; a full store must start.
func (k *Keeper) NoteFirst(ctx context.Context, accepted bool) error {
	err := k.noteJumps(ctx, accepted)
	if err != nil && accepted {
		return fmt.Errorf("writing down that the clock is accepted: %w", err)
	}
	if err != nil {
		k.Log.Error("that the clock has jumped could not be written down; it is tried again", "err", err)
	}
	return nil
}

func entry(kind audit.Type, action string, at epoch.Millis, fields ...audit.Field) audit.Entry {
	return audit.Entry{Time: at, Type: kind, Action: action, Sensitive: true, Actor: audit.System(), Fields: fields}
}
