package boltfile

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"tokenscale/store"
)

// guard turns a panic of bbolt into an error. bbolt reads its file through memory and believes
// what it finds: pages that hold nonsense make it panic, and pages that are gone make it fault.
// Use it in a defer, around calls of bbolt and of nothing else.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = errors.Join(*err, Damaged(p))
	}
}

// Damaged returns what the panic p of bbolt, or a fault, tells of the file. It wraps
// store.ErrDamaged.
func Damaged(p any) error {
	if IsFault(p) {
		return fmt.Errorf("%w: a part of the file cannot be read", store.ErrDamaged)
	}
	return fmt.Errorf("%w: %v", store.ErrDamaged, p)
}

// IsFault reports whether p is the panic of a memory access that failed, as distinct from a nil
// pointer.
func IsFault(p any) bool {
	e, ok := p.(runtime.Error)
	if !ok {
		return false
	}
	_, ok = e.(interface{ Addr() uintptr })
	return ok
}

// FaultsPanic makes faults of this goroutine panic, where they would end the process, until the
// function it returns is called. Whoever reads a File does so.
func FaultsPanic() (restore func()) {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}
