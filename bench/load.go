//go:build bench

package main

import (
	"fmt"
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

// run has n workers work for a time: at a fixed rate, which tells how long an
// answer takes, or, if rate is 0, each as soon as it has its last answer,
// which tells what can be done at most.
func run(rate, n int, each time.Duration, w worker) (load, error) {
	if rate == 0 {
		return closed(n, each, w)
	}
	return paced(rate, n, each, nil, w)
}

// closed has n workers work, each as soon as it has its last answer. Such a
// load waits along with whoever is slow, so its times tell little.
func closed(n int, each time.Duration, w worker) (load, error) {
	return together(n, w, func(do work, times *[]time.Duration) error {
		for end := time.Now().Add(each); ; {
			began := time.Now()
			if began.After(end) {
				return nil
			}
			if err := do(); err != nil {
				return err
			}
			*times = append(*times, time.Since(began))
		}
	})
}

// paced has n workers work at a fixed rate, for a time or until done is
// closed. A piece of work that waits because the one before is slow is late
// from the moment it was due: a load that waits along would hide just what it
// should show.
func paced(rate, n int, each time.Duration, done <-chan struct{}, w worker) (load, error) {
	gap := time.Second / time.Duration(rate)
	var next atomic.Int64
	began := time.Now().Add(50 * time.Millisecond) // all workers are there by then
	return together(n, w, func(do work, times *[]time.Duration) error {
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
			*times = append(*times, time.Since(due))
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

// together has n workers work at once and puts their times together.
func together(n int, w worker, loop func(do work, times *[]time.Duration) error) (load, error) {
	times, errs := make([][]time.Duration, n), make([]error, n)
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			do, end, err := w()
			if err == nil {
				defer end()
				err = loop(do, &times[i])
			}
			errs[i] = err
		})
	}
	all.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return load{}, err
		}
	}
	every := slices.Concat(times...)
	if len(every) == 0 {
		return load{}, fmt.Errorf("no answer came back")
	}
	slices.Sort(every)
	return load{len(every), float64(len(every)) / took.Seconds(), every[len(every)/2], every[len(every)*99/100]}, nil
}
