package rollback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

// Options are what a Record is begun, or brought up to a restored copy, with.
type Options struct {
	DB     store.DB
	Rows   *rows.Rows
	Path   string // of the record; it should not lie where the store lies
	Accept bool   // go on from an older store, with an audit entry
	Join   bool   // a store that has been in use needs no record: others share it, and have theirs
	Now    epoch.Millis
	Log    *slog.Logger
}

// Begin refuses a store that was put back, unless that is accepted, and counts
// a start. Both the store and the record have the count when it returns. On a
// store that can only be read nothing is counted, and there is no Record.
func Begin(ctx context.Context, o Options) (*Record, error) {
	f := file{o.Path, o.Rows.Keys}
	reads := f
	if o.Join { // it may stand from before the keys were rotated, and none is needed
		reads.keys = f.keys.WithOldSeals()
	}
	side, found, err := reads.read()
	// Whoever could put one there under a key that is none could remove the right one as well.
	if o.Join && errors.Is(err, store.ErrUnknownKey) {
		o.Log.Warn("the record of how far the store has come is under a key that the key file does not have, as after key drop; it is begun anew", "file", o.Path)
		side, found, err = milestone{}, false, nil
	}
	bad := ""
	if err != nil {
		if !o.Accept {
			return nil, fmt.Errorf("%w; start once with --accept-rollback if that is as it should be", err)
		}
		bad = err.Error()
	}
	here, why, err := o.compare(ctx, side, found)
	if err != nil {
		return nil, err
	}
	if why = cmp.Or(bad, why); why != "" && !o.Accept {
		return nil, fmt.Errorf("%w: %s. If an older copy was put back on purpose, start once with --accept-rollback; "+
			"tokens deleted since that copy was made work again", ErrRollback, why)
	}
	if err := o.DB.Err(); errors.Is(err, store.ErrReadOnly) {
		return nil, uncounted(why, err)
	}
	if !found {
		if here.epoch > 0 {
			o.Log.Info("this node is new: it begins a record of how far the store has come", "file", o.Path, "entries", here.seq)
		}
		// The store is about to count a start, and must never be found with
		// one and without a record, however we are cut off.
		if err := f.write(milestone{}); err != nil {
			return nil, err
		}
	}
	if here, err = o.count(ctx, here, side, why); err != nil {
		return nil, err
	}
	return newRecord(f, o, here), f.write(here)
}

// uncounted ends a start that cannot be counted. why is what the operator has
// accepted by --accept-rollback, which later starts would have to find.
func uncounted(why string, err error) error {
	if why == "" {
		return nil
	}
	return fmt.Errorf("--accept-rollback has to be written down (%s), and %w", why, err)
}

// compare returns where the store is, and why that cannot be right.
func (o Options) compare(ctx context.Context, side milestone, found bool) (here milestone, why string, err error) {
	err = o.DB.View(ctx, func(r store.Reader) error {
		if here, err = reached(o.Rows, r); err != nil {
			return err
		}
		why, err = unlike(o.Rows, r, here, side, found || o.Join)
		return err
	})
	return here, why, err
}

// count counts a start, and writes down why it was no ordinary one. A full
// store must start nevertheless; then its start is not counted.
func (o Options) count(ctx context.Context, here, side milestone, why string) (after milestone, err error) {
	var entries []audit.Entry
	if why != "" {
		entries = append(entries, o.entry(audit.RolledBack, "accept-rollback", here, side, audit.One("reason", why)))
	}
	after, err = o.write(ctx, side.epoch, entries, store.UseReserve)
	if errors.Is(err, store.ErrFull) && why == "" {
		o.Log.Warn("the store is full; this start is not counted", "err", err)
		return here, nil
	}
	return after, err
}

// write writes the number of starts, which is above known, and entries, and
// returns where the store is then. Other nodes may start at the same time, so
// the count is read in the transaction: it must never fall.
func (o Options) write(ctx context.Context, known uint64, entries []audit.Entry, how ...store.Option) (after milestone, err error) {
	err = o.DB.Update(ctx, func(w store.Writer) error {
		counted, _, err := o.Rows.Numbers.Get(w, rows.EpochKey)
		if err != nil {
			return err
		}
		if err := o.Rows.Numbers.Put(w, rows.EpochKey, max(counted, known)+1); err != nil {
			return err
		}
		// Sessions that were signed out since the copy was made must not revive.
		if len(entries) > 0 {
			if err := o.Rows.Numbers.Put(w, rows.PutBackKey, uint64(max(o.Now, 0))); err != nil {
				return err
			}
			if err := o.Rows.Numbers.Delete(w, rows.MovedKey); err != nil {
				return err
			}
		}
		if err := ledger.New(o.Rows).AppendAll(w, entries); err != nil {
			return err
		}
		after, err = reached(o.Rows, w)
		return err
	}, how...)
	return after, err
}

func (o Options) entry(kind audit.Type, action string, here, side milestone, fields ...audit.Field) audit.Entry {
	return audit.Entry{
		Time: o.Now, Type: kind, Action: action, Sensitive: true, Actor: audit.System(),
		Fields: append(fields, audit.Count("entries", here.seq), audit.Count("entriesBefore", side.seq)),
	}
}

// Restore writes down that this store, which is the copy in a backup, is to
// take the place of the one that the record tells of. What it returns is called
// when that has happened, and brings the record up to it.
func Restore(ctx context.Context, o Options) (finish func() error, err error) {
	f := file{o.Path, o.Rows.Keys}
	side, _, err := f.read()
	if err != nil {
		side = milestone{} // it is replaced, and the entry tells that nothing was known
	}
	here, _, err := o.compare(ctx, milestone{}, true)
	if err != nil {
		return nil, err
	}
	after, err := o.write(ctx, side.epoch, []audit.Entry{o.entry(audit.Restored, "restore", here, side)})
	return func() error { return f.write(after) }, err
}

// Transferred writes down that all rows were copied into this store, as far as way says, and lets
// servers start on it. What it returns brings the record up to it.
func Transferred(ctx context.Context, o Options, way string) (finish func() error, err error) {
	var after milestone
	err = o.DB.Update(ctx, func(w store.Writer) error {
		if err := o.Rows.Numbers.Delete(w, rows.CopyKey); err != nil {
			return err
		}
		here, err := reached(o.Rows, w)
		if err != nil {
			return err
		}
		entry := o.entry(audit.Transferred, "store copy", here, here, audit.One("way", way))
		if err := ledger.New(o.Rows).Append(w, entry); err != nil {
			return err
		}
		after, err = reached(o.Rows, w)
		return err
	})
	return func() error { return file{o.Path, o.Rows.Keys}.write(after) }, err
}
