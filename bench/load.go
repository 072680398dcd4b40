//go:build bench

package main

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// work does one piece of work.
type work func() error

// A worker begins to work: it returns how it does a piece, and how it ends.
type worker func() (do work, end func(), err error)

// A load is what came of a load.
type load struct {
	Count    int
	Rate     float64       // a second
	P50, P99 time.Duration // with a fixed rate: from the moment a piece was due
}

// A sample is one piece of work: when it was due, and how long after that it
// was done.
type sample struct {
	due  time.Time
	took time.Duration
}

// run has n workers work for a time: at a fixed rate, which tells how long an
// answer takes, or, if rate is 0, each as soon as it has its last answer,
// which tells what can be done at most.
func run(rate, n int, each time.Duration, w worker) (load, error) {
	if rate == 0 {
		return closed(n, each, w)
	}
	return paced(rate, n, each, w)
}

// closed has n workers work, each as soon as it has its last answer. Such a
// load waits along with whoever is slow, so its times tell little.
func closed(n int, each time.Duration, w worker) (load, error) {
	began := time.Now()
	all, err := together(n, w, func(do work, all *[]sample) error {
		for end := time.Now().Add(each); ; {
			due := time.Now()
			if due.After(end) {
				return nil
			}
			if err := do(); err != nil {
				return err
			}
			*all = append(*all, sample{due, time.Since(due)})
		}
	})
	return summary(all, time.Since(began)), err
}

// paced has n workers work at a fixed rate for a time.
func paced(rate, n int, each time.Duration, w worker) (load, error) {
	all, err := sampled(rate, n, each, nil, w)
	return summary(all, each), err
}

// sampled has n workers work at a fixed rate, for a time or until done is
// closed. A piece of work that waits because the one before is slow is late
// from the moment it was due: a load that waits along would hide just what it
// should show.
func sampled(rate, n int, each time.Duration, done <-chan struct{}, w worker) ([]sample, error) {
	gap := time.Second / time.Duration(rate)
	var next atomic.Int64
	began := time.Now().Add(50 * time.Millisecond) // all workers are there by then
	return together(n, w, func(do work, all *[]sample) error {
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
			*all = append(*all, sample{due, time.Since(due)})
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
func together(n int, w worker, loop func(do work, all *[]sample) error) ([]sample, error) {
	samples, errs := make([][]sample, n), make([]error, n)
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

// summary says what came of a load that went on for so long.
func summary(all []sample, took time.Duration) load {
	if len(all) == 0 {
		return load{}
	}
	times := make([]time.Duration, len(all))
	for i, s := range all {
		times[i] = s.took
	}
	slices.Sort(times)
	return load{len(times), float64(len(times)) / took.Seconds(), times[len(times)/2], times[len(times)*99/100]}
}
