package rekey

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/loop"
)

// look is how often the key file is looked at.
const look = time.Second

// A Watcher reads the key file of a server anew when it has changed. One that cannot be used leaves
// the keys as they are, and the log says why, once. One that cannot be read is tried again at each
// look, because what was wrong may not show in it: who owns it, or a folder on the way. It is safe
// for concurrent use.
type Watcher struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	stamp string // of the file as it was read last, or empty if it is to be read again
	told  string // what the log said last of one that cannot be used; empty after one that can
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

// Run looks at the file from time to time, until ctx ends.
func (f *Watcher) Run(ctx context.Context, take func(context.Context, *keyring.Keys) error) {
	loop.Every(ctx, look, func(ctx context.Context) { f.Look(ctx, take) })
}

// Look has take have the keys of the file if it has changed.
func (f *Watcher) Look(ctx context.Context, take func(context.Context, *keyring.Keys) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp := stampOf(f.path)
	if stamp == f.stamp {
		return
	}
	keys, err := keyring.Load(f.path)
	if err != nil {
		f.stamp = ""
		f.refuse(stamp, err)
		return
	}
	err = take(ctx, keys)
	if ctx.Err() != nil {
		return
	}
	f.stamp = stamp
	if err != nil {
		f.refuse(stamp, err)
		return
	}
	f.told = ""
	f.log.Info("the key file was read anew", "file", f.path, "keys", keys.Names())
}

// refuse tells once why a file with the stamp cannot be used.
func (f *Watcher) refuse(stamp string, err error) {
	if why := stamp + ": " + err.Error(); why != f.told {
		f.told = why
		f.log.Error("a changed key file cannot be used; the keys stay as they are", "file", f.path, "err", err)
	}
}

// Forget has the next look read the file although it looks unchanged.
func (f *Watcher) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stamp = ""
}
