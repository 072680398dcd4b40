package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"tokenscale/store"
)

// guard turns a panic of bbolt into an error. bbolt reads its file through
// memory and believes what it finds: pages that hold nonsense make it panic,
// and pages that are gone make it fault. Use it in a defer, around calls of
// bbolt and of nothing else.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = errors.Join(*err, described(p))
	}
}

// guard does the same inside a transaction, and stops the writing: whoever
// writes to a damaged file spreads the damage.
func (r *reader) guard(err *error) {
	if p := recover(); p != nil {
		*err = r.damaged(p)
	}
}

// guardFault does the same for faults alone. It goes around code of our
// callers: what they read of the file may be gone, but a bug of theirs is
// not damage, and goes on panicking.
func (r *reader) guardFault(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if !isFault(p) {
		panic(p)
	}
	*err = r.damaged(p)
}

// damaged stops the writing because of the panic p.
func (r *reader) damaged(p any) error {
	err := described(p)
	_ = r.stop(err) // the caller gets the cause itself
	return err
}

func described(p any) error {
	if isFault(p) {
		return fmt.Errorf("%w: a part of the file cannot be read", store.ErrDamaged)
	}
	return fmt.Errorf("%w: %v", store.ErrDamaged, p)
}

// isFault reports whether p is the panic of a memory access that failed, as
// distinct from a nil pointer.
func isFault(p any) bool {
	e, ok := p.(runtime.Error)
	if !ok {
		return false
	}
	_, ok = e.(interface{ Addr() uintptr })
	return ok
}

// faultsPanic makes faults of this goroutine panic, where they would end the
// process, until the function it returns is called.
func faultsPanic() (restore func()) {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}
