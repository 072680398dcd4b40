package budget

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/token"
)

// A Meter counts the bytes of an answer while its fields are resolved, and
// stops the rest when there are too many of them: the generated code asks it
// before each object, text and element of a list.
//
// It counts names, text and punctuation, and nothing for a number: an answer
// that it stops is certainly too long, and the few that it lets through wrongly
// are found when they are written. A nil Meter counts nothing. It is safe for
// concurrent use.
type Meter struct {
	budget *Budget
	who    token.ID

	weight   atomic.Int64 // bytes of the fields resolved so far
	foreseen atomic.Int64 // bytes that were read and will be in fields
	cause    atomic.Int32 // why it stopped

	mu   sync.Mutex
	held int64 // of the budget
}

// Why a meter stopped.
const (
	notStopped = iota
	stoppedTooLarge
	stoppedNoRoom
)

// Why there is no answer.
var (
	ErrTooLarge = errors.New("the answer has become too large")
	ErrNoRoom   = errors.New("there is no room for the answer beside the others")
)

const (
	// unmetered is how much an answer may weigh before it takes any of the
	// budget, in bytes. Most answers are shorter. It takes more in steps of
	// the same size.
	unmetered = 64 << 10

	// inTheMaking is how much memory an answer takes that is being put
	// together, for each of its bytes: the fields, and the text of them.
	inTheMaking = 3

	// usualAnswer is what the answer to a small query has room in, in bytes.
	// Larger ones grow from there.
	usualAnswer = 1 << 10
)

type meterKey struct{}

// With returns a context for what works for the answer that m counts.
func With(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// Of returns the meter of the answer that ctx is for, or nil if it has none.
func Of(ctx context.Context) *Meter {
	m, _ := ctx.Value(meterKey{}).(*Meter)
	return m
}

// Weigh counts n bytes of the answer.
func (m *Meter) Weigh(n int) {
	if m == nil {
		return
	}
	after := m.weight.Add(int64(n))
	if before := after - int64(n); before/unmetered != after/unmetered {
		m.check()
	}
}

// Foresee counts n bytes that were read for the answer, and will be in it. It
// returns ErrTooLarge or ErrNoRoom if no more should be read.
func (m *Meter) Foresee(n int) error {
	if m == nil {
		return nil
	}
	after := m.foreseen.Add(int64(n))
	if before := after - int64(n); before/unmetered != after/unmetered {
		m.check()
	}
	return m.Err()
}

// check takes from the budget what the answer needs by now.
func (m *Meter) check() {
	weight, foreseen := m.weight.Load(), m.foreseen.Load()
	if max(weight, foreseen) > m.budget.Largest() {
		m.stop(stoppedTooLarge)
		return
	}
	if !m.Hold(inTheMaking*(weight+unmetered) + foreseen) {
		m.stop(stoppedNoRoom)
	}
}

// Hold has as many bytes of the budget, at least, and reports whether there
// was room.
func (m *Meter) Hold(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > m.held {
		if !m.budget.take(m.who, n-m.held) {
			return false
		}
		m.held = n
	}
	return true
}

// Settle gives back all of the budget but n bytes. With 0 the answer is gone.
func (m *Meter) Settle(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n < m.held {
		m.budget.give(m.who, m.held-n)
		m.held = n
	}
}

func (m *Meter) stop(cause int32) { m.cause.CompareAndSwap(notStopped, cause) }

func (m *Meter) stopped() bool { return m != nil && m.cause.Load() != notStopped }

// Err returns why the answer will not be sent: ErrTooLarge, ErrNoRoom, or nil
// if it will.
func (m *Meter) Err() error {
	if m == nil {
		return nil
	}
	switch m.cause.Load() {
	case stoppedTooLarge:
		return ErrTooLarge
	case stoppedNoRoom:
		return ErrNoRoom
	}
	return nil
}

// Whole returns the data of an answer, or null if it is not all there.
func (m *Meter) Whole(data graphql.Marshaler) graphql.Marshaler {
	if m.stopped() {
		return graphql.Null
	}
	return data
}

// Room returns how many bytes to make room for before the answer is written.
func (m *Meter) Room() int {
	if m == nil || m.stopped() {
		return usualAnswer
	}
	weight := int(m.weight.Load())
	return weight + weight/4 + usualAnswer
}
