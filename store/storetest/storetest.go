package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
)

// Tables are the tables that the suite uses. The function given to Run must declare them.
var Tables = []store.Table{left, right}

const left, right store.Table = "left", "right"

// Queue is how many callers of Update may wait in a store that the suite tests. The function
// given to Run must open it so.
const Queue = 8

// Open opens the store in dir, or makes one, and closes it when the test ends. The suite may
// close it before and open it again.
type Open func(t testing.TB, dir string) store.DB

// Run runs the suite against the stores that open opens.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"a row that was put is found, and one that was deleted is not", putGetDelete},
		{"an empty value is a row", emptyValue},
		{"a transaction may change the bytes it put", putCopies},
		{"rows outside the limits are refused and leave the rest of the transaction standing", limits},
		{"a scan gives the rows of its range in order, written and being written alike", scanRanges},
		{"a scan ends when its function says so", scanEnds},
		{"a scan walks the rows as they were when it began", scanSnapshot},
		{"large values come back", largeValues},
		{"a transaction as large as the limits allow is taken", largest},
		{"a transaction that is larger is made at once, or not at all", larger},

		{"a transaction that fails leaves nothing behind for the next one", failureIsolated},
		{"a transaction sees what the one before it wrote", seesEarlier},
		{"a transaction that panics or exits is refused alone", panics},
		{"many writers count to the right sum", counters},
		{"a view does not change while it is open", viewIsolated},
		{"a view is counted while it is open", viewCounted},
		{"a reader is dead after its transaction", readerDies},
		{"what a function returns is what the caller gets", errorsAsTheyAre},

		{"a caller who has gone away changes nothing", cancelled},
		{"a caller who leaves the queue is never run", cancelledInQueue},
		{"a caller who leaves while its function runs waits for it to end", cancelledRunning},
		{"a caller who leaves after its function has ended learns what came of it", cancelledTooLate},
		{"a full queue makes callers wait until they have enough of it", fullQueue},

		{"followers hear of a change before its caller does, in the order of the commits", followOrder},
		{"followers hear of each row once, as it was left", followNet},
		{"a follower reads what it was told", followReads},
		{"a transaction that must be first reads what followers know, and nothing more", firstIsTold},

		{"a store that is opened again has everything", reopen},
		{"a store that is closed while writers wait keeps what it acknowledged", closeWhileWaiting},
		{"a closed store refuses", closedRefuses},
		{"the sums are those of the rows, whatever shared a commit and was refused", sumsHold},
		{"any sequence of transactions gives what a map would give", model},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // most of the time goes by waiting for the disk
			test.run(t, open)
		})
	}
}

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// update runs fn and fails the test if it is refused.
func update(t testing.TB, db store.DB, fn func(store.Writer) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// put writes rows given as "key=value".
func put(w store.Writer, table store.Table, rows ...string) error {
	for _, r := range rows {
		k, v, _ := strings.Cut(r, "=")
		if err := w.Put(table, []byte(k), []byte(v)); err != nil {
			return err
		}
	}
	return nil
}

// rows reads a range as "key=value".
func rows(r store.Reader, table store.Table, rg store.Range) ([]string, error) {
	list := []string{}
	err := r.Scan(table, rg, func(k, v []byte) error {
		list = append(list, string(k)+"="+string(v))
		return nil
	})
	return list, err
}

// holds fails the test unless table has exactly these rows.
func holds(t testing.TB, db store.DB, table store.Table, want ...string) {
	t.Helper()
	var got []string
	err := db.View(context.Background(), func(r store.Reader) (err error) {
		got, err = rows(r, table, store.Range{})
		return err
	})
	if err != nil {
		t.Fatalf("reading %s: %v", table, err)
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("rows of %s (-want +got):\n%s", table, diff)
	}
}

// A plug is a transaction that stays open, so that other callers queue up behind it and share a
// batch if the backend has batches.
type plug struct {
	release chan struct{}
	done    chan error
}

// stopUp starts a plug and returns when it is running.
func stopUp(t testing.TB, db store.DB) *plug {
	t.Helper()
	p := &plug{release: make(chan struct{}), done: make(chan error, 1)}
	running := make(chan struct{}, 1)
	go func() {
		p.done <- db.Update(context.Background(), func(store.Writer) error {
			select {
			case running <- struct{}{}:
			default: // run for the second time
			}
			<-p.release
			return nil
		})
	}()
	receive(t, running, "the plug to run")
	return p
}

// pull ends the plug.
func (p *plug) pull(t testing.TB) {
	t.Helper()
	close(p.release)
	if err := receive(t, p.done, "the plug to end"); err != nil {
		t.Errorf("the plug: %v", err)
	}
}

// enqueue calls Update on another goroutine and returns when it waits in the queue, so that
// callers keep the order in which they were enqueued.
func enqueue(t testing.TB, db store.DB, ctx context.Context, fn func(store.Writer) error) <-chan error {
	t.Helper()
	before := db.Stats().Queued
	done := make(chan error, 1)
	go func() { done <- db.Update(ctx, fn) }()
	eventually(t, "the caller to wait", func() bool { return db.Stats().Queued > before })
	return done
}

// receive waits for a value.
func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
		panic("unreachable")
	}
}

// eventually waits until ok is true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range int(patience / time.Millisecond) {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("waited %v for %s", patience, what)
}

// wants fails the test unless err is want.
func wants(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v; want %v", what, err, want)
	}
}

// key is a key that sorts like its number.
func key(n int) []byte { return fmt.Appendf(nil, "%06d", n) }
