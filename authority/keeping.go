package authority

import (
	"context"

	"tokenscale/audit"
	"tokenscale/authority/rollback"
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
		return a.ledger.Append(w, audit.Entry{Time: now, Type: kind, Action: action, Sensitive: true, Actor: audit.System(), Fields: fields})
	}, store.UseReserve)
}

// RecordRestore writes down that this store, which is the copy in a backup, is
// to take the place of the one that the record at stateFile tells of. What it
// returns is called when that has happened, and brings the record up to it.
func (a *Authority) RecordRestore(ctx context.Context, stateFile string) (finish func() error, err error) {
	return rollback.Restore(ctx, a.rollbackOptions(stateFile))
}

func (a *Authority) rollbackOptions(path string) rollback.Options {
	return rollback.Options{DB: a.store, Rows: a.rows, Path: path, Now: a.clock(), Log: a.log}
}
