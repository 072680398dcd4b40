package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"tokenscale/app"
	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/durable"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// compact makes the file of the store as short as its rows allow.
type compact struct{ app.StoreOptions }

// Help is printed by --help.
func (compact) Help() string {
	return "The rows are written into a new file, which is checked page by page and seal by seal and then takes the place of the old one in one step: " +
		"whenever that is cut off, there is a whole store. A running server does it itself and goes on verifying and reading; changes wait until it is done, two seconds for a million tokens. " +
		"It needs as much free space as the new file takes."
}

// Run is called by kong.
func (c *compact) Run(ctx context.Context, base app.Options) (err error) {
	o := base
	o.StoreOptions = c.StoreOptions
	if o.InEtcd() {
		return errors.New("a store in etcd is compacted there: its members forget old revisions by themselves (--auto-compaction-mode=periodic), and etcdctl defrag, for one member after the other, makes their files short")
	}
	if _, err := os.Stat(boltfile.Path(o.Data)); err != nil {
		return fmt.Errorf("there is no store in %s (%w)", o.Data, err)
	}
	s, err := askCompaction(ctx, o.Data)
	if errors.Is(err, errNotRunning) {
		s, err = compactStopped(ctx, o)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Stdout, "%s: %d bytes, before %d.\n", boltfile.Path(o.Data), s.After, s.Before)
	return err
}

// askCompaction has the server that runs on folder compact its store. If the
// command ends before that is done, the server gives it up.
func askCompaction(ctx context.Context, folder string) (s store.Compaction, err error) {
	res, done, err := askServer(ctx, folder, "/compact")
	if err != nil {
		return s, err
	}
	defer done()
	if res.StatusCode != http.StatusOK {
		return s, fmt.Errorf("the running server does not compact its store: %s", reason(res))
	}
	return s, json.NewDecoder(res.Body).Decode(&s)
}

// compactStopped compacts the store of a server that is stopped.
func compactStopped(ctx context.Context, o app.Options) (s store.Compaction, err error) {
	if err := record(ctx, o); err != nil {
		return s, err
	}
	keys, err := keyring.Load(o.KeyPath())
	if err != nil {
		return s, err
	}
	held, err := holdStore(o.Data)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if s, err = replaceCompacted(ctx, o, keys); err != nil {
		err = fmt.Errorf("the store is as it was: %w", err)
	}
	return s, err
}

// record writes it down first, which also finds out whether a server runs and
// whether the keys are the right ones.
func record(ctx context.Context, o app.Options) error {
	err := offline(ctx, o, func(a *authority.Authority, _ store.DB) error { return a.RecordCompaction(ctx) })
	return unanswered(o, err)
}

// unanswered says what it means that the store is in use, though no server answers.
func unanswered(o app.Options, err error) error {
	if errors.Is(err, boltfile.ErrLocked) {
		return fmt.Errorf("a server runs on %s, but does not answer; is it starting or stopping? (%w)", o.Data, err)
	}
	return err
}

// stopFirst says what to do about a store that a server has open.
func stopFirst(err error) error {
	if errors.Is(err, boltfile.ErrLocked) {
		return fmt.Errorf("the server is running; stop it first (%w)", err)
	}
	return err
}

// replaceCompacted puts a compacted copy in the place of the store.
func replaceCompacted(ctx context.Context, o app.Options, keys *keyring.Keys) (s store.Compaction, err error) {
	path, fresh := boltfile.Path(o.Data), boltfile.CompactPath(o.Data)
	if err := ignoreMissing(os.Remove(fresh)); err != nil { // one that was cut off
		return s, err
	}
	if err := boltfile.Compact(ctx, path, fresh); err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(fresh))) }()
	if _, err := inspect(ctx, o, fresh, keys); err != nil {
		return s, err
	}
	if s.Before, err = sizeOf(path); err != nil {
		return s, err
	}
	if s.After, err = sizeOf(fresh); err != nil {
		return s, err
	}
	return s, durable.Rename(fresh, path)
}

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
