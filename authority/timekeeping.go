package authority

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/clock"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/store"
)

// acceptAction stands in the audit entries of what --accept-clock does.
const acceptAction = "accept-clock"

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

// beginTime goes on from the time that the store tells, unless accept is set.
func (a *Authority) beginTime(ctx context.Context, accept bool) (accepted bool, err error) {
	var s clock.Saved
	err = a.store.View(ctx, func(r store.Reader) (err error) {
		s, err = a.storedTime(r)
		return err
	})
	return err == nil && a.time.Begin(s, accept), err
}

// storedTime reads what time it was, and for how long the server had run. If
// that was never written, as after a crash in the first hour, the audit log tells.
func (a *Authority) storedTime(tx store.Reader) (s clock.Saved, err error) {
	mark, ok, err := a.rows.Numbers.Get(tx, rows.ClockKey)
	if err != nil {
		return s, err
	}
	if s.Mark = epoch.Millis(mark); !ok {
		last, err := a.ledger.Last(tx)
		return clock.Saved{Mark: last.Time}, err
	}
	ran, _, err := a.rows.Numbers.Get(tx, rows.RunningKey)
	s.Ran = time.Duration(min(ran, uint64(math.MaxInt64/time.Millisecond))) * time.Millisecond
	return s, err
}

// putTime writes what time it is, and for how long the server has run.
func (a *Authority) putTime(w store.Writer, s clock.Saved) error {
	return cmp.Or(
		a.rows.Numbers.Put(w, rows.ClockKey, uint64(s.Mark)),
		a.rows.Numbers.Put(w, rows.RunningKey, uint64(s.Ran.Milliseconds())),
	)
}

// keepTime looks at the machine's clock, and writes down what time it is as
// far as something depends on it, until ctx ends.
func (a *Authority) keepTime(ctx context.Context) {
	failed := 0 // looks for which a store that has just failed is left alone
	loop.Every(ctx, lookPause, func(ctx context.Context) {
		a.time.Look()
		if failed--; failed > 0 || a.store.Err() != nil && !a.verifyOnly {
			return
		}
		if err := a.followClock(ctx); err != nil && ctx.Err() == nil {
			failed = int(time.Minute / lookPause)
			a.log.Error("what time it is could not be written down; it is tried again", "err", err)
		}
	})
}

// followClock writes what is due.
func (a *Authority) followClock(ctx context.Context) error {
	return cmp.Or(a.noteClock(ctx, false), a.saveTimeIfDue(ctx))
}

// saveTimeIfDue writes what time it is if a token has expired since it was
// last written, which must not live again after a crash and with a clock that
// was set back. So an idle server writes once an hour.
func (a *Authority) saveTimeIfDue(ctx context.Context) error {
	if a.verifyOnly {
		return nil
	}
	now, saved := a.time.Now(), a.time.LastSaved()
	next := a.index.NextExpiry(saved)
	expired := now >= saved.Add(timePause) && next != 0 && next <= now
	if !expired && now < saved.Add(timeLate) {
		return nil
	}
	return a.saveTime(ctx, nil)
}

// saveTime writes what time it is, and entries with it.
func (a *Authority) saveTime(ctx context.Context, entries []audit.Entry) error {
	t := a.time.ToSave()
	err := a.store.Update(ctx, func(w store.Writer) error {
		return cmp.Or(a.putTime(w, t), a.ledger.AppendAll(w, entries))
	}, store.UseReserve)
	if err == nil {
		a.time.WasSaved(t)
	}
	return err
}

// lastTime writes the exact time at which a server ends. Without it, only the
// last moments are missing.
func (a *Authority) lastTime(ctx context.Context) {
	if a.store.Err() != nil || a.time.ToSave().Mark <= a.time.LastSaved() {
		return
	}
	if err := a.saveTime(ctx, nil); err != nil {
		a.log.Warn("what time it is could not be written down", "err", err)
	}
}

// noteClock writes to the log and to the audit log what happened to the
// machine's clock, and that the operator had us go on from it.
func (a *Authority) noteClock(ctx context.Context, accepted bool) error {
	news := a.time.TakeNews()
	if len(news) == 0 && !accepted {
		return nil
	}
	entries := make([]audit.Entry, 0, len(news)+1)
	if accepted {
		a.log.Warn("time goes on from what the clock says, as --accept-clock asks")
		entries = append(entries, clockEntry(audit.ClockAccepted, acceptAction, a.clock()))
	}
	for _, j := range news {
		a.log.Error("the clock of this machine has jumped; what has expired stays refused, and comes back only with --accept-clock, within seven days of running", "direction", j.Direction, "by", j.By, "clock", j.Wall, "time", j.At)
		entries = append(entries, clockEntry(audit.ClockJumped, "clock", j.At, audit.One("direction", j.Direction),
			audit.One("byMs", strconv.FormatInt(j.By.Milliseconds(), 10)), audit.One("clock", j.Wall.String())))
	}
	if a.verifyOnly && !accepted {
		return nil // the log has it
	}
	err := a.saveTime(ctx, entries)
	if err != nil {
		a.time.PutBackNews(news)
	}
	return err
}

// noteFirstTime is noteClock for a start. Only what the operator accepts must be
// written down before the server goes on; a full store must start.
func (a *Authority) noteFirstTime(ctx context.Context, accepted bool) error {
	err := a.noteClock(ctx, accepted)
	if err != nil && accepted {
		return fmt.Errorf("writing down that the clock is accepted: %w", err)
	}
	if err != nil {
		a.log.Error("that the clock has jumped could not be written down; it is tried again", "err", err)
	}
	return nil
}

func clockEntry(kind audit.Type, action string, at epoch.Millis, fields ...audit.Field) audit.Entry {
	return audit.Entry{Time: at, Type: kind, Action: action, Sensitive: true, Actor: audit.System(), Fields: fields}
}

// ClockState says what becomes of the machine's clock.
func (a *Authority) ClockState() clock.State { return a.time.State() }
