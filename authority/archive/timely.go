package archive

import (
	"context"
	"io"
)

// hangsAtOnce is how many calls of a place may hang at a time. While so many do, it is asked
// nothing more: each keeps a thread of the process.
const hangsAtOnce = 8

// A timely Place comes back when the context ends that it was called with, even if the place below
// it does not: what is asked of a folder on a server that is gone may never come back, and heeds no
// context. What was left alone ends by itself, as soon as it can.
type timely struct {
	Place
	calls chan struct{}
}

// inTime returns a Place that comes back in time.
func inTime(p Place) Place {
	if p == nil {
		return nil
	}
	return &timely{p, make(chan struct{}, hangsAtOnce)}
}

// Put implements Place.
func (t *timely) Put(ctx context.Context, name, path string) error {
	_, err := call(ctx, t.calls, func() (struct{}, error) { return struct{}{}, t.Place.Put(ctx, name, path) }, nil)
	return err
}

// Get implements Place. What it returns heeds the context as well.
func (t *timely) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	in, err := call(ctx, t.calls, func() (io.ReadCloser, error) { return t.Place.Get(ctx, name) }, func(in io.ReadCloser) { _ = in.Close() })
	if err != nil {
		return nil, err
	}
	return &timelyReader{ctx: ctx, calls: t.calls, in: in}, nil
}

// readAtOnce is how much is read in one call, in bytes.
const readAtOnce = 256 << 10

// A timelyReader reads ahead into memory of its own, which a call that hangs may write to whenever
// it likes. It belongs to one goroutine.
type timelyReader struct {
	ctx   context.Context
	calls chan struct{}
	in    io.ReadCloser
	have  []byte
	err   error
	left  bool // a call hangs, and closes it when it comes back
}

// Read implements io.Reader.
func (r *timelyReader) Read(p []byte) (int, error) {
	if len(r.have) == 0 && r.err == nil {
		r.fill()
	}
	n := copy(p, r.have)
	if r.have = r.have[n:]; n > 0 {
		return n, nil
	}
	return 0, r.err
}

func (r *timelyReader) fill() {
	type read struct {
		some []byte
		err  error
	}
	came, err := call(r.ctx, r.calls, func() (read, error) {
		some := make([]byte, readAtOnce)
		n, err := r.in.Read(some)
		return read{some[:n], err}, nil
	}, func(read) { _ = r.in.Close() })
	if r.have, r.err = came.some, came.err; err != nil {
		r.err, r.left = err, true
	}
}

// Close implements io.Closer.
func (r *timelyReader) Close() error {
	if r.left {
		return nil
	}
	_, err := call(r.ctx, r.calls, func() (struct{}, error) { return struct{}{}, r.in.Close() }, nil)
	return err
}

// call returns what do returns, or why ctx has ended before. If do succeeds after that, forgotten
// gets what it returned, unless it is nil.
func call[T any](ctx context.Context, calls chan struct{}, do func() (T, error), forgotten func(T)) (v T, err error) {
	select {
	case calls <- struct{}{}:
	case <-ctx.Done():
		return v, context.Cause(ctx)
	}
	type result struct {
		v   T
		err error
	}
	done, gone := make(chan result), make(chan struct{})
	go func() {
		defer func() { <-calls }()
		v, err := do()
		select {
		case done <- result{v, err}:
		case <-gone:
			if err == nil && forgotten != nil {
				forgotten(v)
			}
		}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		close(gone)
		return v, context.Cause(ctx)
	}
}
