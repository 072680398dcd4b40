package transport

import (
	"context"
	"sync"
	"testing"
)

func TestQueriesOfOneCallerTakeTurnsAndAnotherDoesNotWaitForThem(t *testing.T) {
	turns := newTurns()
	for range turns.each {
		if !turns.wait(t.Context(), "greedy") {
			t.Fatal("there is no turn")
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if turns.wait(gone, "greedy") {
		t.Error("one more has a turn")
	}
	if !turns.wait(t.Context(), "honest") {
		t.Fatal("another waits")
	}
	turns.done("honest")
	first, second := turns.join("greedy"), turns.join("greedy")
	turns.done("greedy")
	<-first
	select {
	case <-second:
		t.Error("the second has its turn before anybody is done")
	default:
	}
	turns.giveUp("greedy", second)
	for range turns.each {
		turns.done("greedy")
	}
	if len(turns.running)+len(turns.waiting) != 0 {
		t.Errorf("still there: %v, %v", turns.running, turns.waiting)
	}
}

// A turn that comes at the moment when somebody gives up must not be lost.
func TestNoTurnIsLostWhereManyGiveUp(t *testing.T) {
	turns := newTurns()
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			ctx, end := context.WithCancel(t.Context())
			if i%2 == 0 {
				go end()
			}
			defer end()
			for range 20 {
				if turns.wait(ctx, "a") {
					turns.done("a")
				}
			}
		})
	}
	all.Wait()
	if len(turns.running)+len(turns.waiting) != 0 {
		t.Errorf("still there: %v, %v", turns.running, turns.waiting)
	}
}
