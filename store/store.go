package store

import "errors"

// Limits on one row, in bytes. They are what every backend can hold.
const (
	MaxKey   = 1 << 10 // a key has 1 to MaxKey bytes
	MaxValue = 1 << 20 // a value has 0 to MaxValue bytes
)

// Table names a set of rows. The tables of a store are declared when it is opened; asking for
// another one is an error.
type Table string

// Row is one row of a table.
type Row struct{ Key, Value []byte }

// Range selects the rows with From <= key < To. A nil bound is open, so the zero Range is the
// whole table, first key first. Keys compare as bytes.
type Range struct {
	From, To []byte
	Reverse  bool // last key first; From stays the lower bound
	One      bool // only the first row: cheaper than to end the scan after it
}

// Change is one row as a transaction left it. Value is nil if the row was deleted, and not nil,
// though perhaps empty, if it was written.
type Change struct {
	Table Table
	Key   []byte
	Value []byte
}

// Stop is returned by the function given to Scan to end it early. Scan then returns nil.
var Stop = errors.New("stop the scan")

// Reader reads rows inside a transaction. It must not be used after the transaction's function
// has returned, nor by two goroutines at once.
type Reader interface {
	// Get returns the value under key, or nil if there is no such row. A row with an empty value
	// gives an empty slice that is not nil. The bytes are valid only inside the transaction and
	// must not be changed.
	Get(t Table, key []byte) ([]byte, error)

	// Scan calls fn with each row in r, in order. It returns the first error of fn, except that
	// Stop ends the scan without one. The bytes are valid only until fn returns and must not be
	// changed.
	//
	// Scan walks the rows as they were when it began: fn may write to the table it scans, and
	// the scan does not see that.
	Scan(t Table, r Range, fn func(key, value []byte) error) error
}

// Writer reads and writes rows inside a transaction. Like a Reader it belongs to one goroutine
// and dies with the transaction. It sees its own writes.
type Writer interface {
	Reader

	// Put writes a row, over one of the same key if there is one. It copies what it is given. A
	// nil value is stored as an empty one.
	Put(t Table, key, value []byte) error

	// Delete removes a row. Removing one that is not there is no error and no change.
	Delete(t Table, key []byte) error
}
