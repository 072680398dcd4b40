package authority

import (
	"context"

	"tokenscale/audit"
	"tokenscale/authority/archive"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rollback"
	"tokenscale/policy"
	"tokenscale/store"
)

// A Checkpoint is a signed checkpoint of the audit log, and the key that
// checks its signature.
type Checkpoint struct {
	audit.Checkpoint
	Note        string
	VerifierKey string
}

// Checkpoint returns the newest checkpoint, and false while the log is empty.
func (a *Authority) Checkpoint(ctx context.Context, by policy.Actor) (Checkpoint, bool, error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return Checkpoint{}, false, err
	}
	s, err := a.checkpoints.Some(ctx)
	if err != nil {
		return Checkpoint{}, false, a.explain(ctx, err)
	}
	key, err := a.VerifierKey()
	return Checkpoint{s.Checkpoint, s.Note, key}, s.Note != "", err
}

// SignedCheckpoint returns a signed checkpoint of all entries, or nothing if
// there are none. Whoever runs the server may have it; see Checkpoint for
// others.
func (a *Authority) SignedCheckpoint(ctx context.Context) (string, error) {
	s, err := a.checkpoints.Make(ctx)
	return s.Note, err
}

// VerifierKey returns the key that checks the signatures of new checkpoints, as one line. It is no
// secret.
func (a *Authority) VerifierKey() (string, error) { return a.keys.VerifierKey(audit.Origin(a.storeID)) }

// CheckpointState returns how far the checkpoints have come. It is cheap.
func (a *Authority) CheckpointState() ledger.CheckpointState { return a.checkpoints.State() }

// Archiver returns what moves old parts of the log out of the store.
func (a *Authority) Archiver() *archive.Archiver { return a.archiver }

// lastCheckpoint makes a checkpoint of what a server leaves behind. Without
// one nothing is lost: the next start makes it.
func (a *Authority) lastCheckpoint(ctx context.Context) {
	if a.store.Err() != nil || !a.door.KeepsHouse() {
		return
	}
	if _, err := a.checkpoints.Make(ctx); err != nil {
		a.log.Warn("no last checkpoint of the audit log could be made", "err", err)
	}
}

// ProveEntry proves that the entry called id stands in the log of a size, or
// of the newest checkpoint's size if that is nil. If id is that of what a change
// of the policies did to one token, the proof is that of the change, with the
// evidence that the change names the hash of. It refuses with NotFound an
// entry that there is not, with Invalid a size that the log never had, or that
// does not reach to the entry.
func (a *Authority) ProveEntry(ctx context.Context, by policy.Actor, id string, size *int64) (p audit.InclusionProof, err error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return p, err
	}
	a.noteRead(by, trailRead)
	if size == nil {
		s, err := a.checkpoints.Some(ctx)
		if err != nil {
			return p, a.explain(ctx, err)
		}
		newest := int64(s.Size)
		size = &newest
	}
	seq, effect, ok := audit.ParseID(id)
	if !ok {
		seq = 0 // no entry has that
	}
	err = a.store.View(ctx, func(r store.Reader) error {
		if p, err = a.ledger.ProveEntry(r, int64(seq), *size); err == nil && effect != 0 {
			p.Evidence, err = a.ledger.Evidence(r, seq, effect)
		}
		return err
	})
	return p, a.explain(ctx, err)
}

// ProveGrowth proves that the log of one size is the beginning of that of
// another. It refuses with Invalid sizes that there cannot be, or are not yet.
func (a *Authority) ProveGrowth(ctx context.Context, by policy.Actor, from, to int64) (p audit.ConsistencyProof, err error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return p, err
	}
	err = a.store.View(ctx, func(r store.Reader) error {
		p, err = a.ledger.ProveGrowth(r, from, to)
		return err
	})
	return p, a.explain(ctx, err)
}

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
