package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tokenscale/loop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A task is a loop under test. The signal is set by what happens meanwhile.
type task func(ctx context.Context, s loop.Signal, do func(context.Context))

// during runs a loop in a bubble with a clock of its own, lets steps happen,
// and returns how often the loop called its function.
func during(t *testing.T, run task, steps func(s loop.Signal, passes func(time.Duration))) (calls int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := loop.NewSignal()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			run(ctx, s, func(context.Context) { calls++ })
		}()
		steps(s, func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		})
		cancel()
		<-ended
	})
	return calls
}

func TestEveryCallsOncePerPause(t *testing.T) {
	got := during(t,
		func(ctx context.Context, _ loop.Signal, do func(context.Context)) { loop.Every(ctx, time.Minute, do) },
		func(_ loop.Signal, passes func(time.Duration)) { passes(3*time.Minute + time.Second) })
	if got != 3 {
		t.Errorf("called %d times in three minutes, want 3", got)
	}
}

func TestASignalSetManyTimesIsOneRound(t *testing.T) {
	each := func(ctx context.Context, s loop.Signal, do func(context.Context)) { s.Each(ctx, do) }
	got := during(t, each, func(s loop.Signal, passes func(time.Duration)) {
		passes(time.Second)
		for range 10 {
			s.Set()
		}
		passes(time.Second)
		passes(time.Hour)
	})
	if got > 2 || got < 1 { // the loop may take the first of the ten before the others come
		t.Errorf("called %d times, want one round, or two", got)
	}
}

func TestEachOrEveryDoesBoth(t *testing.T) {
	got := during(t,
		func(ctx context.Context, s loop.Signal, do func(context.Context)) {
			s.EachOrEvery(ctx, time.Minute, do)
		},
		func(s loop.Signal, passes func(time.Duration)) {
			s.Set()
			passes(time.Second)
			passes(2 * time.Minute)
		})
	if got != 3 {
		t.Errorf("called %d times, want 1 for the signal and 2 for the minutes", got)
	}
}

func TestEachAfterCallsAtMostOncePerPause(t *testing.T) {
	got := during(t,
		func(ctx context.Context, s loop.Signal, do func(context.Context)) { s.EachAfter(ctx, time.Second, do) },
		func(s loop.Signal, passes func(time.Duration)) {
			for range 25 {
				s.Set()
				passes(100 * time.Millisecond)
			}
			passes(time.Hour)
		})
	if got != 3 {
		t.Errorf("called %d times for signals during 2.5 seconds, want 3", got)
	}
}

func TestRestEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := loop.Rest(ctx, time.Minute); err == nil {
			t.Error("it rested for a minute although its context ended after a second")
		}
		if err := loop.Rest(t.Context(), time.Minute); err != nil {
			t.Errorf("got %v after a minute, want nothing", err)
		}
	})
}

func TestSharedIsDoneOnceForAllWhoWaitAndAgainForWhoCameLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done, failure := 0, error(nil)
		s := loop.NewShared(func() error {
			time.Sleep(time.Minute)
			done++
			return failure
		})
		go func() { _ = s.Do(t.Context()) }()
		time.Sleep(time.Second)
		for range 10 { // they join while it is under way, which may be too late for their work
			go func() { _ = s.Do(t.Context()) }()
		}
		synctest.Wait()
		s.Wait()
		if done != 2 {
			t.Errorf("done %d times, want once for the first and once for all who joined", done)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Do(ctx); err == nil {
			t.Error("whoever leaves early is told that it is done")
		}
		s.Wait()
		if done != 3 {
			t.Errorf("done %d times, want 3: it goes on without who left", done)
		}
		failure = context.DeadlineExceeded
		if err := s.Do(t.Context()); !errors.Is(err, failure) {
			t.Errorf("got %v, want what went wrong", err)
		}
	})
}
