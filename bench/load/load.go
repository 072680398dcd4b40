//go:build bench

// Package load asks the same again and again, by several callers at once, and
// tells how fast answers come and how long each takes.
package load

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Work does one piece of work.
type Work func() error

// A Worker begins to work: it returns how it does a piece, and how it ends.
type Worker func() (do Work, end func(), err error)

// A Result is what came of a load.
type Result struct {
	Count    int
	Rate     float64       // a second
	P50, P99 time.Duration // with a fixed rate: from the moment a piece was due
}

// A Sample is one piece of work: when it was due, and how long after that it
// was done.
type Sample struct {
	Due  time.Time
	Took time.Duration
}

// Run has n workers work for a time: at a fixed rate, which tells how long an
// answer takes, or, if rate is 0, each as soon as it has its last answer,
// which tells what can be done at most.
func Run(rate, n int, each time.Duration, w Worker) (Result, error) {
	if rate == 0 {
		return closed(n, each, w)
	}
	return Paced(rate, n, each, w)
}

// closed has n workers work, each as soon as it has its last answer. Such a
// load waits along with whoever is slow, so its times tell little.
func closed(n int, each time.Duration, w Worker) (Result, error) {
	began := time.Now()
	all, err := together(n, w, func(do Work, all *[]Sample) error {
		for end := time.Now().Add(each); ; {
			due := time.Now()
			if due.After(end) {
				return nil
			}
			if err := do(); err != nil {
				return err
			}
			*all = append(*all, Sample{due, time.Since(due)})
		}
	})
	return Summary(all, time.Since(began)), err
}

// Paced has n workers work at a fixed rate for a time.
func Paced(rate, n int, each time.Duration, w Worker) (Result, error) {
	all, err := Sampled(rate, n, each, nil, w)
	return Summary(all, each), err
}

// Sampled has n workers work at a fixed rate, for a time or until done is
// closed. A piece of work that waits because the one before is slow is late
// from the moment it was due: a load that waits along would hide just what it
// should show.
func Sampled(rate, n int, each time.Duration, done <-chan struct{}, w Worker) ([]Sample, error) {
	gap := time.Second / time.Duration(rate)
	var next atomic.Int64
	began := time.Now().Add(50 * time.Millisecond) // all workers are there by then
	return together(n, w, func(do Work, all *[]Sample) error {
		for {
			i := next.Add(1)
			due := began.Add(time.Duration(i-1) * gap)
			if over(done) || done == nil && due.Sub(began) > each {
				return nil
			}
			sleep(due)
			if err := do(); err != nil {
				return err
			}
			*all = append(*all, Sample{due, time.Since(due)})
		}
	})
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// sleep returns at a moment, some microseconds late. The timers of Go are up
// to a millisecond late on an idle machine, and the kernel's by 50 µs unless
// told otherwise; both would show as slowness of whom is measured.
func sleep(until time.Time) {
	for left := time.Until(until); left > 0; left = time.Until(until) {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
		t := unix.NsecToTimespec(int64(left))
		_ = unix.Nanosleep(&t, nil)
	}
}

// together has n workers work at once and puts their samples together.
func together(n int, w Worker, loop func(do Work, all *[]Sample) error) ([]Sample, error) {
	samples, errs := make([][]Sample, n), make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			do, end, err := w()
			if err == nil {
				defer end()
				err = loop(do, &samples[i])
			}
			errs[i] = err
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	every := slices.Concat(samples...)
	if len(every) == 0 {
		return nil, errors.New("no answer came back")
	}
	return every, nil
}

// Summary says what came of a load that went on for so long.
func Summary(all []Sample, took time.Duration) Result {
	if len(all) == 0 {
		return Result{}
	}
	times := make([]time.Duration, len(all))
	for i, s := range all {
		times[i] = s.Took
	}
	slices.Sort(times)
	return Result{len(times), float64(len(times)) / took.Seconds(), times[len(times)/2], times[len(times)*99/100]}
}
