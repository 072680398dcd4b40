package authority

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"tokenscale/audit"
	"tokenscale/store"
)

// noteStart refuses a store that was put back, unless o accepts that, and
// counts this start. Both the store and the record have the count when it
// returns.
func (a *Authority) noteStart(ctx context.Context, o Options) error {
	if o.StateFile == "" {
		return nil
	}
	f := stateFile{o.StateFile, a.keys}
	side, found, err := f.read()
	bad := ""
	if err != nil {
		if !o.AcceptRollback {
			return fmt.Errorf("%w; start once with --accept-rollback if that is as it should be", err)
		}
		bad = err.Error()
	}
	here, why, err := a.compare(ctx, side, found)
	if err != nil {
		return err
	}
	if why = cmp.Or(bad, why); why != "" && !o.AcceptRollback {
		return fmt.Errorf("%w: %s. If an older copy was put back on purpose, start once with --accept-rollback; tokens deleted since that copy was made work again", ErrRollback, why)
	}
	if a.verifyOnly {
		return a.uncounted(why)
	}
	if !found {
		// The store is about to count a start, and must never be found with
		// one and without a record, however we are cut off.
		if err := f.write(milestone{}); err != nil {
			return err
		}
	}
	here, err = a.nextEpoch(ctx, here, side, why)
	if err != nil {
		return err
	}
	a.reached = newProgress(f, a.records, here)
	return f.write(here)
}

// compare returns where the store is, and why that cannot be right.
func (a *Authority) compare(ctx context.Context, side milestone, found bool) (here milestone, why string, err error) {
	err = a.store.View(ctx, func(r store.Reader) error {
		if here, err = a.milestone(r); err != nil {
			return err
		}
		why, err = a.unlike(r, here, side, found)
		return err
	})
	return here, why, err
}

// nextEpoch counts a start, and writes down why it was no ordinary one. A full
// store must start nevertheless; then its start is not counted.
func (a *Authority) nextEpoch(ctx context.Context, here, side milestone, why string) (milestone, error) {
	next, now := max(here.epoch, side.epoch)+1, a.clock()
	after := here
	err := a.store.Update(ctx, func(w store.Writer) error {
		if err := a.mark.put(w, epochKey, next); err != nil {
			return err
		}
		if why != "" {
			if err := a.trail.append(w, audit.Entry{
				Time: now, Type: audit.RolledBack, Action: "accept-rollback", Sensitive: true, Actor: audit.System(),
				Fields: []audit.Field{
					audit.One("reason", why),
					audit.One("entries", number(here.seq)), audit.One("entriesBefore", number(side.seq)),
				},
			}); err != nil {
				return err
			}
		}
		var err error
		after, err = a.milestone(w)
		return err
	}, store.UseReserve)
	if errors.Is(err, store.ErrFull) && why == "" {
		a.log.Warn("the store is full; this start is not counted", "err", err)
		return here, nil
	}
	return after, err
}
