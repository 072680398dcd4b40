package rekey_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rows/rowstest"
)

// A file is given away, or back, without any change to what is in it.
func TestAKeyFileThatCouldNotBeReadIsTakenOnceItCan(t *testing.T) {
	file, newer := rowstest.KeyFile(t, "a"), rowstest.KeyFile(t, "b", "a")
	var log bytes.Buffer
	w := rekey.NewWatcher(file, slog.New(slog.NewTextHandler(&log, nil)))
	taken := 0
	look := func(want int, when string) {
		t.Helper()
		w.Look(t.Context(), func(context.Context, *keyring.Keys) error { taken++; return nil })
		if told := strings.Count(log.String(), "cannot be used"); taken != want || told != 1-want {
			t.Errorf("%s it was taken %d times, and refused %d times in the log: %s", when, taken, told, &log)
		}
	}
	if err := os.Rename(newer, file); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, 65534, -1); errors.Is(err, os.ErrPermission) {
		t.Skip("SKIPPED: only root can give a file away")
	} else if err != nil {
		t.Fatal(err)
	}
	look(0, "while it belongs to another user")
	look(0, "and later")
	if why := w.Refused(); !strings.Contains(why, "belongs to") {
		t.Errorf("it says %q", why)
	}
	if err := os.Chown(file, os.Geteuid(), -1); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	look(1, "when it is ours again")
	look(1, "and only once:")
	if why := w.Refused(); why != "" {
		t.Errorf("once it is used: %q", why)
	}
}

// What a store says of a file, when, and how often it is asked in ten minutes.
func TestAKeyFileThatTheStoreDidNotTakeIsTriedAgain(t *testing.T) {
	passing := errors.New("the store could not be read")
	for name, test := range map[string]struct {
		until time.Duration // it refuses
		say   error
		tries int // at most
	}{
		"a store that could not be read once":     {1500 * time.Millisecond, passing, 2},
		"a store that could not be read for long": {time.Minute, passing, 8},
		"a token that needs a key and expires":    {5 * time.Minute, rekey.ErrKeyInUse, 11},
		"a file that is never fit":                {time.Hour, rekey.ErrKeyInUse, 16},
	} {
		t.Run(name, func(t *testing.T) {
			file, newer := rowstest.KeyFile(t, "a"), rowstest.KeyFile(t, "b", "a")
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				w := rekey.NewWatcher(file, slog.New(slog.NewTextHandler(&log, nil)))
				tries, taken, began := 0, false, time.Now()
				take := func(context.Context, *keyring.Keys) error {
					tries++
					if taken = time.Since(began) > test.until; taken {
						return nil
					}
					return test.say
				}
				replaceFile(t, newer, file)
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
				defer stop()
				w.Run(ctx, take)
				if tries > test.tries || taken != (test.until < 10*time.Minute) || taken != (w.Refused() == "") {
					t.Errorf("it was tried %d times, at most %d are good; taken: %v; refused: %q", tries, test.tries, taken, w.Refused())
				}
				if told := strings.Count(log.String(), "cannot be used"); told != 1 {
					t.Errorf("the log told %d times: %s", told, &log)
				}
			})
		})
	}
}

// What was refused waits for its next try, and another file does not.
func TestAKeyFileThatChangedAgainDoesNotWait(t *testing.T) {
	file, second, third := rowstest.KeyFile(t, "a"), rowstest.KeyFile(t, "b"), rowstest.KeyFile(t, "c", "b", "a")
	synctest.Test(t, func(t *testing.T) {
		w := rekey.NewWatcher(file, slog.New(slog.DiscardHandler))
		var tries atomic.Int64
		take := func(_ context.Context, keys *keyring.Keys) error {
			if tries.Add(1); len(keys.Lines()) == 1 {
				return rekey.ErrKeyInUse
			}
			return nil
		}
		replaceFile(t, second, file)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx, take) })
		time.Sleep(5 * time.Minute)
		before := tries.Load()
		replaceFile(t, third, file)
		time.Sleep(2 * time.Second)
		if more := tries.Load() - before; more != 1 || w.Refused() != "" {
			t.Errorf("after two seconds it was tried %d times more, and is refused: %q", more, w.Refused())
		}
		stop()
		running.Wait()
	})
}

func replaceFile(t *testing.T, by, file string) {
	t.Helper()
	if err := os.Rename(by, file); err != nil {
		t.Fatal(err)
	}
}
