package bolt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// Options say where a store lives and how much it may take.
type Options struct {
	// Folder holds the store and nothing else. It is made if it is missing.
	Folder string

	// AnyHome lets Folder be on a network file system or on one that a program serves. Their
	// locks and syncs may not hold what they promise.
	AnyHome bool

	// ReadOnly opens a store to be read, and writes nothing, so it works where
	// boltfile.OnlyToRead says that nothing can be written. There must be a store. Update and
	// Compact are refused with store.ErrReadOnly.
	ReadOnly bool

	// Tables are the tables of the store, made with it. A file that lacks one is refused; one
	// that is in the file and not in the list stays there untouched.
	Tables []store.Table

	// Schema is the version of what the caller writes into the tables; 0 means 1. It is stored
	// when the store is made, and a store of another version is refused.
	Schema uint32

	// MaxSize is the size in bytes that the file may reach; 0 means as large as the disk allows.
	MaxSize int64

	// Reserve is the space in bytes, taken from the disk beforehand, that is kept for
	// transactions that only delete or are given store.UseReserve; 0 means 4 MiB, or a quarter
	// of MaxSize if that is less. A quarter of it is left to transactions that only delete, so
	// that those always work.
	Reserve int64

	// QueueLength is how many callers of Update may wait to be run; further ones wait to wait. 0
	// means 1024.
	QueueLength int

	// BatchCount and BatchBytes bound what one commit takes along, in transactions and in bytes
	// of keys and values, so that it stays short. A transaction larger than BatchBytes goes
	// alone. 0 means 256 and 1 MiB.
	BatchCount, BatchBytes int

	// BackupGrowth is how many bytes longer the file may become while a backup is read; 0 means
	// as long again as it was, or 256 MiB if that is more.
	BackupGrowth int64

	// CheckEvery is how often the store looks whether its file is still the one at its path; 0
	// means two seconds. Every commit looks as well.
	CheckEvery time.Duration

	// Now is the clock of the times in Stats. Without one they stay zero.
	Now func() time.Time

	// beforeCommit, in tests, takes the place of a disk that fails.
	beforeCommit func() error

	// atStep, in tests, is asked before each step of a compaction, with the new file if it is
	// there.
	atStep func(step string, fresh *boltfile.File) error
}

// filled returns o with the defaults in place of what was left out.
func (o Options) filled() (Options, error) {
	if o.Folder == "" {
		return o, errors.New("opening a store: no folder given")
	}
	if slices.Contains(o.Tables, boltfile.MetaTable) || slices.Contains(o.Tables, "") {
		return o, fmt.Errorf("opening store %s: a table must have a name, and not %q", o.Folder, boltfile.MetaTable)
	}
	if o.MaxSize < 0 || o.Reserve < 0 || o.MaxSize > 0 && o.MaxSize < minSize {
		return o, fmt.Errorf("opening store %s: a store needs at least %d bytes", o.Folder, minSize)
	}
	o.Tables = slices.Sorted(slices.Values(o.Tables))
	o.Schema = max(o.Schema, 1)
	if o.Reserve == 0 {
		o.Reserve = 4 << 20
		if o.MaxSize > 0 {
			o.Reserve = min(o.Reserve, o.MaxSize/4)
		}
	}
	o.QueueLength = orDefault(o.QueueLength, 1024)
	o.BatchCount = orDefault(o.BatchCount, 256)
	o.BatchBytes = orDefault(o.BatchBytes, 1<<20)
	if o.CheckEvery <= 0 {
		o.CheckEvery = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	return o, nil
}

// leastGrowth is the least default of BackupGrowth.
const leastGrowth = 256 << 20

// minSize is the least MaxSize: room for the pages of an empty store and for a few rows.
const minSize = 1 << 20

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}
