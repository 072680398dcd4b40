package store

import (
	"errors"
	"fmt"
)

// The ways a store refuses. But for ErrInDoubt each of them means that nothing was changed.
var (
	// ErrInDoubt means that nobody can know at present whether the change is in the store: it
	// may be there after a restart, or even now, or never. Followers were not told of it.
	ErrInDoubt = errors.New("whether the change was stored is in doubt")

	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("the store is closed")

	// ErrStopped means that the store takes no more writes because an earlier commit failed. The
	// callers whose commit it was get an error that wraps ErrInDoubt as well. Reads go on; of
	// that commit they may show everything or nothing.
	ErrStopped = errors.New("the store has stopped taking writes")

	// ErrReadOnly means that the store was opened to be read: nothing can be changed before it
	// is opened anew.
	ErrReadOnly = errors.New("the store can only be read")

	// ErrLacksKey means that rows are sealed under a key that this process does not have: it can
	// neither read them nor tell whether they are ours. It is for a Summer to say so.
	ErrLacksKey = errors.New("a key is missing")

	// ErrUnknownKey means that something is sealed under a key of which no row that this process
	// has read tells. Who has read all rows need not believe that there is one; who has missed what
	// was changed lacks it. It is for a Summer to say so.
	ErrUnknownKey = errors.New("a key is not known")

	// ErrUnavailable means that the store cannot be asked at present: too few of its members
	// answer. The store goes on, and the same transaction may be tried again.
	ErrUnavailable = errors.New("the store does not answer at present")

	// ErrRewound means that the store went back to an earlier state of itself while it was open, or
	// that another one stands in its place. It comes with ErrStopped.
	ErrRewound = errors.New("the store went back")

	// ErrFull means that the transaction does not fit in the space left, or is beyond Limits.
	// The store goes on; a smaller one may fit.
	ErrFull = errors.New("the store is full")

	// ErrLarge means that the transaction changes more than one can in this store, however empty it
	// is. It wraps ErrFull.
	ErrLarge = fmt.Errorf("%w for so large a transaction", ErrFull)

	// ErrDamaged means that the store cannot be read where it was asked: its file is cut short
	// or holds nonsense.
	ErrDamaged = errors.New("the store is damaged")

	// ErrRow means that a row cannot be stored as asked: its table was not declared, or its key
	// or value is outside the limits.
	ErrRow = errors.New("the store cannot hold that row")
)
