package ledger

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

const (
	// checkpointEvery is after how many entries there is a new checkpoint,
	// and how many entries lie at most between two that are kept for good.
	checkpointEvery = 1000

	// checkpointPause is after how long there is one if anything is new.
	checkpointPause = 10 * time.Second
)

// errForked means that the entries are not those of a checkpoint.
var errForked = errors.New("the audit log is not the one that the last checkpoint was made of")

// sign returns a signed checkpoint of all entries, or newest if that is one.
func (l Ledger) sign(r store.Reader, newest audit.SignedCheckpoint, now epoch.Millis) (audit.SignedCheckpoint, error) {
	last, err := l.Last(r)
	if err != nil || last.Seq == newest.Size {
		return newest, err
	}
	if err := l.continues(r, newest, last.Seq); err != nil {
		return newest, err
	}
	root, err := l.rootAt(r, last.Seq)
	if err != nil {
		return newest, err
	}
	origin, err := l.Origin(r)
	if err != nil {
		return newest, err
	}
	c := audit.Checkpoint{Origin: origin, Size: last.Seq, Root: root, Time: max(now, last.Time)}
	text, err := l.rows.Keys.SignCheckpoint(c)
	return audit.SignedCheckpoint{Checkpoint: c, Note: text}, err
}

// continues returns errForked unless a log of so many entries goes on from a
// checkpoint.
func (l Ledger) continues(r store.Reader, from audit.SignedCheckpoint, size uint64) error {
	if from.Size > size {
		return fmt.Errorf("%w: it ends with entry %d, and the checkpoint with %d", errForked, size, from.Size)
	}
	root, err := l.rootAt(r, from.Size)
	if err == nil && from.Size > 0 && root != from.Root {
		err = errForked
	}
	return err
}

// Covered returns how many entries are covered by the newest checkpoint, having looked whether they
// are those that it was signed over; 0 if there is no checkpoint.
func (l Ledger) Covered(r store.Reader) (uint64, error) {
	newest, err := l.newestCheckpoint(r)
	if err != nil || newest.Size == 0 {
		return 0, err
	}
	last, err := l.Last(r)
	if err != nil {
		return 0, err
	}
	return newest.Size, l.continues(r, newest, last.Seq)
}

// newestCheckpoint returns the newest checkpoint, or a zero one if there is
// none.
func (l Ledger) newestCheckpoint(r store.Reader) (newest audit.SignedCheckpoint, err error) {
	err = l.rows.Checkpoints.Each(r, store.Range{Reverse: true}, func(_ []byte, text string) error {
		c, err := l.OpenCheckpoint(r, text)
		newest = audit.SignedCheckpoint{Checkpoint: c, Note: text}
		return cmp.Or(err, store.Stop)
	})
	return newest, err
}

// keepCheckpoint writes a new checkpoint. The one before it makes room, unless
// it is the first that reaches a further checkpointEvery entries.
func (l Ledger) keepCheckpoint(w store.Writer, next audit.SignedCheckpoint) error {
	var sizes [2]uint64 // of the two newest so far
	n := 0
	if err := w.Scan(rows.CheckpointsTable, store.Range{Reverse: true}, func(key, _ []byte) error {
		if len(key) == 8 {
			sizes[n] = binary.BigEndian.Uint64(key)
		}
		if n++; n == len(sizes) {
			return store.Stop
		}
		return nil
	}); err != nil {
		return err
	}
	if n > 0 && sizes[0] >= next.Size {
		return nil // another node has just signed as much, or more
	}
	if n > 0 && sizes[0]/checkpointEvery == sizes[1]/checkpointEvery {
		if err := l.rows.Checkpoints.Delete(w, rows.SeqKey(sizes[0])); err != nil {
			return err
		}
	}
	return l.rows.Checkpoints.Put(w, rows.SeqKey(next.Size), next.Note)
}

// Sign returns a signed checkpoint of all entries, newly made if the
// stored ones do not reach that far. It stores nothing. It refuses a log that
// its newest checkpoint does not fit.
func Sign(r store.Reader, keys *keyring.Keys, now epoch.Millis) (note string, err error) {
	l := New(rows.New(keys))
	newest, err := l.newestCheckpoint(r)
	if err != nil {
		return "", err
	}
	s, err := l.sign(r, newest, now)
	return s.Note, err
}
