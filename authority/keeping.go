package authority

import (
	"context"

	"tokenscale/audit"
	"tokenscale/store"
)

// RecordBackup writes down that a copy of the store is made.
func (a *Authority) RecordBackup(ctx context.Context) error {
	return a.note(ctx, audit.BackedUp, "backup", nil)
}

// RecordCompaction writes down that the file of the store is written anew.
func (a *Authority) RecordCompaction(ctx context.Context) error {
	return a.note(ctx, audit.Compacted, "compact", nil)
}

// note writes an entry about something that was done to the store itself.
func (a *Authority) note(ctx context.Context, kind audit.Type, action string, fields []audit.Field) error {
	now := a.clock()
	return a.store.Update(ctx, func(w store.Writer) error {
		return a.trail.append(w, audit.Entry{Time: now, Type: kind, Action: action, Sensitive: true, Actor: audit.System(), Fields: fields})
	}, store.UseReserve)
}

// RecordRestore writes down that this store, which is the copy in a backup, is
// to take the place of the one that the record at stateFile tells of. What it
// returns is called when that has happened, and brings the record up to it.
func (a *Authority) RecordRestore(ctx context.Context, stateFile string) (finish func() error, err error) {
	f := a.stateFile(stateFile)
	side, _, err := f.read()
	if err != nil {
		side = milestone{} // it is replaced, and the entry tells that nothing was known
	}
	now := a.clock()
	var after milestone
	err = a.store.Update(ctx, func(w store.Writer) error {
		here, err := a.milestone(w)
		if err != nil {
			return err
		}
		if err := a.mark.put(w, epochKey, max(here.epoch, side.epoch)+1); err != nil {
			return err
		}
		if err := a.trail.append(w, audit.Entry{
			Time: now, Type: audit.Restored, Action: "restore", Sensitive: true, Actor: audit.System(),
			Fields: []audit.Field{audit.One("entries", number(here.seq)), audit.One("entriesBefore", number(side.seq))},
		}); err != nil {
			return err
		}
		after, err = a.milestone(w)
		return err
	})
	return func() error { return f.write(after) }, err
}

func (a *Authority) stateFile(path string) stateFile { return stateFile{path, a.keys} }
