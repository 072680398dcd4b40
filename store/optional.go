package store

import (
	"context"
	"time"
)

// A Compacter is a DB that keeps the space of rows that are gone until it is asked to give it
// back.
type Compacter interface {
	// Compact writes the rows anew, without the space that is not used any more. Reading goes
	// on; callers of Update wait until it has ended. sound is asked of each row of a declared
	// table as it was written; its error ends the compaction. After an error the store is as it
	// was, unless the error wraps ErrStopped. It ends with ctx, at the next of its steps, and
	// with the store.
	Compact(ctx context.Context, sound func(t Table, key, value []byte) error) (Compaction, error)
}

// A Compaction is what became of a store that was compacted.
type Compaction struct {
	Before, After int64         // its size on disk in bytes, with what is kept back
	Held          time.Duration // for how long changes waited
}

// A MemoryReleaser is a DB that can do without memory in which it keeps what was read.
type MemoryReleaser interface {
	// ReleaseMemory gives it back. What is needed again is read again.
	ReleaseMemory()
}

// A Guarded is a DB that others can write to beside those who have it open, and that undoes what
// they do.
type Guarded interface {
	// Guard calls fn with each row that somebody else has written or deleted: undone says whether
	// it is again as it was, or that could not be done so far. No reader was given what they wrote.
	// A row of no table stands for the note of the newest commit. fn may call Update. Call Guard
	// before SumBy.
	Guard(fn func(t Table, key []byte, undone bool))
}
