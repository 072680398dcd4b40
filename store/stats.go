package store

import "time"

// Stats are figures of an open store. Counters begin at zero when it is opened.
type Stats struct {
	Size     int64 // bytes of the store on disk
	Used     int64 // bytes of it that hold data; the rest can be reused
	MaxSize  int64 // bytes it may grow to; 0 means no limit
	Reserve  int64 // bytes of that which are kept for what takes rights away
	Queued   int   // callers of Update that wait to be run
	Commits  uint64
	Updates  uint64 // transactions committed; Updates/Commits is the mean batch
	Refused  uint64 // transactions that failed, were cancelled, or did not fit
	MaxBatch int    // the most transactions that shared one commit
	Rows     uint64 // rows written or deleted

	Compactions uint64 // times that the store was compacted while it was open
	Compacting  bool   // whether that is under way

	Readers int // transactions that read at this moment
	// How long the longest of them has been reading; while it goes on, space is not reused.
	OldestRead time.Duration

	LastBatch    int           // transactions in the last commit
	LastCommit   time.Time     // when the last commit ended; zero before the first
	LastDuration time.Duration // what the last commit took, from first function to durable
	MaxDuration  time.Duration // the longest commit so far
	// How long the one in progress has taken until now; zero if there is none.
	Underway time.Duration
	Duration time.Duration // all commits together
}
