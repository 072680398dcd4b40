package rekey

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/loop"
)

// look is how often the key file is looked at.
const look = time.Second

// doublings is how often the pause doubles until a file is tried again that does not go together
// with the store: from one look to 64, because finding that out may take a walk over all rows.
const doublings = 6

// A Watcher reads the key file of a server anew when it has changed. One that cannot be used leaves
// the keys as they are; the log says why, once, and Refused as long as it is so. It is tried again,
// because what was wrong may not show in the file: who owns it, a folder on the way, a store that
// could not be read, or tokens that needed a key and are gone. It is safe for concurrent use.
type Watcher struct {
	path string
	log  *slog.Logger

	mu          sync.Mutex
	stamp       string // of the file as it was read last
	again       bool   // it is to be read although it looks unchanged
	tries, wait int    // doublings of the pause before the next try; looks until then
	told        string // what the log said last of one that cannot be used; else empty

	refused atomic.Pointer[string]
}

// NewWatcher returns a Watcher of the file at path, which is about to be read.
func NewWatcher(path string, log *slog.Logger) *Watcher {
	return &Watcher{path: path, log: log, stamp: stampOf(path)}
}

// stampOf changes whenever the file at path does.
func stampOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size(), " ", info.Mode())
}

// Refused says why the key file, which has changed, is not used as it is; empty if it is used. It
// never waits.
func (f *Watcher) Refused() string {
	if why := f.refused.Load(); why != nil {
		return *why
	}
	return ""
}

// Run looks at the file from time to time, until ctx ends. Between two tries of a file that does
// not go together with the store, the pause doubles up to a minute.
func (f *Watcher) Run(ctx context.Context, take func(context.Context, *keyring.Keys) error) {
	loop.Every(ctx, look, func(ctx context.Context) {
		if !f.waits() {
			f.Look(ctx, take)
		}
	})
}

// waits reports whether the file is as it was when it was tried last, and the next try not yet due.
func (f *Watcher) waits() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wait = max(0, f.wait-1)
	return f.wait > 0 && stampOf(f.path) == f.stamp
}

// Look has take have the keys of the file if it has changed, or could not be used before.
func (f *Watcher) Look(ctx context.Context, take func(context.Context, *keyring.Keys) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp := stampOf(f.path)
	if stamp == f.stamp && !f.again {
		return
	}
	if stamp != f.stamp {
		f.tries = 0
	}
	keys, err := keyring.Load(f.path)
	if err == nil {
		if err = take(ctx, keys); ctx.Err() != nil {
			return
		}
		f.wait = 1 << f.tries
		f.tries = min(f.tries+1, doublings)
	}
	f.stamp, f.again = stamp, err != nil
	if err != nil {
		f.refuse(stamp, err)
		return
	}
	f.tries, f.wait, f.told = 0, 0, ""
	f.refused.Store(nil)
	f.log.Info("the key file was read anew", "file", f.path, "keys", keys.Names())
}

// refuse tells once why a file with the stamp cannot be used.
func (f *Watcher) refuse(stamp string, err error) {
	text := err.Error()
	f.refused.Store(&text)
	if why := stamp + ": " + text; why != f.told {
		f.told = why
		f.log.Error("a changed key file cannot be used; the keys stay as they are", "file", f.path, "err", err)
	}
}

// Forget has the next look read the file although it looks unchanged.
func (f *Watcher) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.again, f.wait = true, 0
}
