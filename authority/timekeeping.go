package authority

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

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

// A savedTime is what is kept of a clock over a restart.
type savedTime struct {
	mark epoch.Millis
	gaps gaps
}

// beginTime goes on from the time that the store tells, unless accept is set.
func (a *Authority) beginTime(ctx context.Context, accept bool) (accepted bool, err error) {
	var t savedTime
	err = a.store.View(ctx, func(r store.Reader) (err error) {
		t, err = storedTime(a.rows, r)
		return err
	})
	if err != nil {
		return false, err
	}
	accepted = a.time.begin(t, accept)
	if !accepted {
		a.time.wasSaved(t)
	}
	if s := a.time.state(); s.Now-s.Certain > t.gaps.length() {
		a.log.Info("much time has passed since this server last ran; what has expired since is refused, and removed when the server has run for a day, in case the clock is wrong", "last", t.mark, "removed from", s.Held)
	}
	return accepted, nil
}

// storedTime reads what time it was. A store without that row may be from
// before there was one; its audit log tells as well.
func storedTime(r *rows.Rows, tx store.Reader) (t savedTime, err error) {
	mark, ok, err := r.Numbers.Get(tx, rows.ClockKey)
	if err != nil {
		return t, err
	}
	if !ok {
		last, err := ledger.New(r).Last(tx)
		return savedTime{mark: last.Time}, err
	}
	t.mark = epoch.Millis(mark)
	if t.gaps, err = storedGaps(r, tx); err != nil {
		return t, err
	}
	held, _, err := r.Numbers.Get(tx, rows.HeldKey)
	if until := epoch.Millis(held); until > t.mark && until != t.gaps.until(t.mark) {
		// An older program wrote that, which removed nothing until then.
		t.gaps = gaps{{longestGap, min(between(t.mark, until), clockHold)}}
	}
	return t, err
}

// putTime writes what time it is.
func putTime(r *rows.Rows, w store.Writer, t savedTime) error {
	return cmp.Or(r.Numbers.Put(w, rows.ClockKey, uint64(t.mark)), r.Numbers.Put(w, rows.HeldKey, uint64(t.gaps.until(t.mark))), putGaps(r, w, t.gaps))
}

// keepTime looks at the machine's clock, and writes down what time it is as
// far as something depends on it, until the authority closes.
func (a *Authority) keepTime() {
	tick := time.NewTicker(lookPause)
	defer tick.Stop()
	failed := 0 // looks for which a store that has just failed is left alone
	for {
		select {
		case <-a.alive.Done():
			return
		case <-tick.C:
		}
		a.time.look()
		if failed--; failed > 0 || a.store.Err() != nil && !a.verifyOnly {
			continue
		}
		if err := a.followClock(a.alive); err != nil && a.alive.Err() == nil {
			failed = int(time.Minute / lookPause)
			a.log.Error("what time it is could not be written down; it is tried again", "err", err)
		}
	}
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
	now, saved := a.time.now(), a.time.lastSaved()
	next := a.index.NextExpiry(saved)
	expired := now >= saved.Add(timePause) && next != 0 && next <= now
	if !expired && now < saved.Add(timeLate) {
		return nil
	}
	return a.saveTime(ctx, nil)
}

// saveTime writes what time it is, and entries with it.
func (a *Authority) saveTime(ctx context.Context, entries []audit.Entry) error {
	t := a.time.toSave()
	err := a.store.Update(ctx, func(w store.Writer) error {
		return cmp.Or(putTime(a.rows, w, t), a.ledger.AppendAll(w, entries))
	}, store.UseReserve)
	if err == nil {
		a.time.wasSaved(t)
	}
	return err
}

// lastTime writes the exact time at which a server ends. Without it, only the
// last moments are missing.
func (a *Authority) lastTime(ctx context.Context) {
	if a.store.Err() != nil || a.time.toSave().mark <= a.time.lastSaved() {
		return
	}
	if err := a.saveTime(ctx, nil); err != nil {
		a.log.Warn("what time it is could not be written down", "err", err)
	}
}

// noteClock writes to the log and to the audit log what happened to the
// machine's clock, and that the operator had us go on from it.
func (a *Authority) noteClock(ctx context.Context, accepted bool) error {
	news := a.time.takeNews()
	if len(news) == 0 && !accepted {
		return nil
	}
	entries := make([]audit.Entry, 0, len(news)+1)
	if accepted {
		a.log.Warn("time goes on from what the clock says, as --accept-clock asks")
		entries = append(entries, clockEntry(audit.ClockAccepted, "accept-clock", a.clock()))
	}
	for _, j := range news {
		a.log.Error("the clock of this machine has jumped; what has expired stays refused, and nothing is removed for that before the clock is right, or has been ahead for a day of running", "direction", j.direction, "by", j.by, "clock", j.wall, "time", j.at)
		entries = append(entries, clockEntry(audit.ClockJumped, "clock", j.at, audit.One("direction", j.direction),
			audit.One("byMs", strconv.FormatInt(j.by.Milliseconds(), 10)), audit.One("clock", j.wall.String())))
	}
	if a.verifyOnly && !accepted {
		return nil // the log has it
	}
	err := a.saveTime(ctx, entries)
	if err != nil {
		a.time.putBackNews(news)
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
func (a *Authority) ClockState() ClockState { return a.time.state() }
