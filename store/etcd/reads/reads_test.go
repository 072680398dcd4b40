package reads

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whoever comes while a question is under way waits for the next: what was committed before the
// call may not be in the answer of this one.
func TestThoseWhoComeTogetherShareAQuestionThatIsAskedAfterThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, asked := New(), 0
		var work sync.WaitGroup
		work.Go(func() {
			s.Keep(ctx, time.Now, func() error {
				asked++
				question := fmt.Errorf("question %d", asked)
				time.Sleep(time.Second)
				return question
			})
		})
		wait := func(want string) {
			work.Go(func() {
				if got := s.Wait(ctx, ctx); got == nil || got.Error() != want {
					t.Errorf("it is told the answer to %v, want %s", got, want)
				}
			})
		}
		wait("question 1")
		synctest.Wait()
		for range 10 {
			wait("question 2")
		}
		time.Sleep(3 * time.Second)
		cancel()
		work.Wait()
	})
}

func TestNobodyWaitsForANodeThatIsClosed(t *testing.T) {
	alive, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New().Wait(t.Context(), alive); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := New().Wait(alive, t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
