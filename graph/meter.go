package graph

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/token"
)

// A meter counts the bytes of an answer while its fields are resolved, and
// stops the rest when there are too many of them: the generated code asks it
// before each object, text and element of a list. So memory never holds more
// than a part of an answer that will not be sent.
//
// It counts names, text and punctuation, and nothing for a number: an answer
// that it stops is certainly too long, and the few that it lets through wrongly
// are found when they are written. A nil meter counts nothing. It is safe for
// concurrent use.
type meter struct {
	budget *budget
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

const (
	// unmetered is how much an answer may weigh before it takes any of the
	// budget, in bytes. Most answers are shorter. It takes more in steps of
	// the same size.
	unmetered = 64 << 10

	// inTheMaking is how much memory an answer takes that is being put
	// together, for each of its bytes: the fields, and the text of them.
	inTheMaking = 3
)

// errStopped ends what reads for an answer that will not be sent.
var errStopped = errors.New("the answer has become too large")

type meterKey struct{}

func withMeter(ctx context.Context, m *meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// meterOf returns the meter of an answer, or nil if it has none.
func meterOf(ctx context.Context) *meter {
	m, _ := ctx.Value(meterKey{}).(*meter)
	return m
}

// weigh counts n bytes of the answer.
func (m *meter) weigh(n int) {
	if m == nil {
		return
	}
	after := m.weight.Add(int64(n))
	if before := after - int64(n); before/unmetered != after/unmetered {
		m.check()
	}
}

// foresee counts n bytes that were read for the answer, and will be in it. It
// returns an error if no more should be read.
func (m *meter) foresee(n int) error {
	if m == nil {
		return nil
	}
	after := m.foreseen.Add(int64(n))
	if before := after - int64(n); before/unmetered != after/unmetered {
		m.check()
	}
	if m.stopped() {
		return errStopped
	}
	return nil
}

// check takes from the budget what the answer needs by now.
func (m *meter) check() {
	weight, foreseen := m.weight.Load(), m.foreseen.Load()
	if max(weight, foreseen) > m.budget.largest() {
		m.stop(stoppedTooLarge)
		return
	}
	if !m.hold(inTheMaking*(weight+unmetered) + foreseen) {
		m.stop(stoppedNoRoom)
	}
}

// hold has as many bytes of the budget, at least, and reports whether there
// was room.
func (m *meter) hold(n int64) bool {
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

// settle gives back all of the budget but n bytes. With 0 the answer is gone.
func (m *meter) settle(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n < m.held {
		m.budget.give(m.who, m.held-n)
		m.held = n
	}
}

func (m *meter) stop(cause int32) { m.cause.CompareAndSwap(notStopped, cause) }

func (m *meter) stopped() bool { return m != nil && m.cause.Load() != notStopped }

// whole returns the data of an answer, or null if it is not all there.
func (m *meter) whole(data graphql.Marshaler) graphql.Marshaler {
	if m.stopped() {
		return graphql.Null
	}
	return data
}

// room returns how many bytes to make room for before the answer is written.
func (m *meter) room() int {
	if m == nil || m.stopped() {
		return usualAnswer
	}
	weight := int(m.weight.Load())
	return weight + weight/4 + usualAnswer
}
