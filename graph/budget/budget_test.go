package budget

import (
	"errors"
	"strings"
	"testing"

	"tokenscale/token"
)

func TestBudget_NoCallerTakesMoreThanHalfOfWhatTheOthersLeave(t *testing.T) {
	b := New(64 << 20)
	if b.Largest() != 8<<20 {
		t.Errorf("the largest answer has %d bytes, want 8 MiB", b.Largest())
	}
	take := func(who token.ID, mib int64, want bool) {
		t.Helper()
		if got := b.take(who, mib<<20); got != want {
			t.Errorf("%s takes %d MiB: %v, want %v", who, mib, got, want)
		}
	}
	take("a", 31, true)
	take("a", 2, false)
	take("a", 1, true)
	take("b", 17, false)
	take("b", 16, true)
	take("c", 9, false)
	take("c", 8, true)
	take("a", 1, false)
	b.give("a", 32<<20)
	take("c", 16, true)
	take("c", 1, false)
	b.give("b", 16<<20)
	b.give("c", 24<<20)
	if b.used != 0 || len(b.callers) != 0 {
		t.Errorf("%d bytes of %v are not given back", b.used, b.callers)
	}
}

// Eight who take all they can, as large answers that are read slowly do, leave
// room for the answers that are usual.
func TestBudget_AFewCallersLeaveRoomForTheOthers(t *testing.T) {
	b := New(64 << 20)
	for _, who := range strings.Split("abcdefgh", "") {
		for n := b.Largest(); n > 1<<10; {
			if !b.take(token.ID(who), n) {
				n /= 2
			}
		}
	}
	if !b.take("honest", 100<<10) {
		t.Errorf("%d of %d bytes are taken: no room for 100 KiB", b.used, b.total)
	}
}

func TestBudget_OfASmallServerHasSmallAnswers(t *testing.T) {
	b := New(1)
	if b.total != leastTotal || b.Largest() != leastTotal/answersAtOnce {
		t.Errorf("got %d bytes, %d an answer", b.total, b.Largest())
	}
	m := b.Meter("")
	m.Foresee(int(b.Largest()) - unmetered)
	m.Weigh(int(b.Largest()) - unmetered)
	if m.stopped() {
		t.Error("the largest answer does not fit into the half of its caller")
	}
	m.Settle(0)
	if b.used != 0 {
		t.Errorf("%d bytes are not given back", b.used)
	}
}

func TestMeter_StopsAnAnswerThatIsTooLargeAndOneForWhichThereIsNoRoom(t *testing.T) {
	b := New(64 << 20)
	large, late := b.Meter("a"), b.Meter("a")
	for range 7 << 10 { // 7 MiB
		large.Weigh(1 << 10)
	}
	if large.stopped() {
		t.Fatalf("7 MiB are too much: %v", large.Err())
	}
	if err := late.Foresee(12 << 20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("12 MiB are not too much: %v", err)
	}
	late = b.Meter("a")
	for range 7 << 10 {
		late.Weigh(1 << 10)
	}
	if !errors.Is(late.Err(), ErrNoRoom) {
		t.Errorf("twice 7 MiB in the making fit into 32: %v", late.Err())
	}
	late.Settle(0)
	for range 1 << 11 {
		large.Weigh(1 << 10)
	}
	if !errors.Is(large.Err(), ErrTooLarge) || large.Room() > usualAnswer {
		t.Errorf("9 MiB are not too much: %v", large.Err())
	}
	large.Settle(0)
	if b.used != 0 {
		t.Errorf("%d bytes are not given back", b.used)
	}
}
