package store

import "math/bits"

// A store keeps the sum of the rows of each table beside its newest commit: each row has a share,
// which is added when it is written and subtracted when it is replaced or deleted. So a row that
// was put back to what it once was, added, or left out by somebody else shows in the sum, although
// nothing about the row itself is wrong.
//
// The store only counts. What the shares are, and how sums are kept from those who may change the
// store, is for the Summer to know.

// A Sum is a number of 128 bits: its upper half and its lower one. It wraps around.
type Sum [2]uint64

// Plus returns s + t.
func (s Sum) Plus(t Sum) Sum {
	low, carry := bits.Add64(s[1], t[1], 0)
	high, _ := bits.Add64(s[0], t[0], carry)
	return Sum{high, low}
}

// Minus returns s - t.
func (s Sum) Minus(t Sum) Sum {
	low, borrow := bits.Sub64(s[1], t[1], 0)
	high, _ := bits.Sub64(s[0], t[0], borrow)
	return Sum{high, low}
}

// A Summer knows what the rows of a store add to its sums. Its methods may be called by many
// goroutines at once.
type Summer interface {
	// Share returns what a row adds to the sum of its table. It is cheap.
	Share(t Table, key, value []byte) Sum

	// SealSums returns the sums of a commit as they are kept: nobody else can make them or read
	// them, nor take those of another commit for them.
	SealSums(commit uint64, sums []Sum) []byte

	// OpenSums returns what SealSums was given, or an error if it was not given that. It wraps
	// ErrLacksKey if another process was given that, by what the rows of the store say, and
	// ErrUnknownKey if it may have been, and they do not say so.
	OpenSums(commit uint64, sealed []byte) ([]Sum, error)
}

// SealedSums are the sums of all tables, in the order of their names, as they are kept. Before the
// first commit there are none, which means that all are zero.
type SealedSums struct {
	Commit uint64 // how many commits there were
	Sealed []byte // nil before the first
}

// Open returns the sum of each of so many tables.
func (s SealedSums) Open(by Summer, tables int) ([]Sum, error) {
	if s.Commit == 0 && len(s.Sealed) == 0 {
		return make([]Sum, tables), nil
	}
	return by.OpenSums(s.Commit, s.Sealed)
}

// A Summed is a Reader that knows the sums of the rows that it reads. The Reader that View gives is
// one.
type Summed interface {
	Reader

	// Sums returns the sums of that moment. What they hold is valid only inside the transaction.
	Sums() (SealedSums, error)
}
