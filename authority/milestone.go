package authority

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tokenscale/audit"
	"tokenscale/store"
)

// A sealed row proves that we wrote it, not that it is the last we wrote: a
// whole store put back to an older state of itself is sound in every row, and
// tokens deleted since then live again. So how far the store had come is also
// kept beside the key file, in a record of its own. It is written only after
// the store has it for certain, so it may lag behind the store, after a crash,
// but can never be ahead of it; a store that is behind it was put back.

// ErrRollback means that the store is older than the record beside the key
// file says.
var ErrRollback = errors.New("the store is older than it was")

// A milestone is how far a store has come.
type milestone struct {
	epoch uint64            // how often a server was started on it
	seq   uint64            // of its last audit entry
	sum   [sha256.Size]byte // of that entry; two histories differ in it
}

func sumOf(e audit.Entry) [sha256.Size]byte {
	var p packer
	packEntry(&p, e)
	return sha256.Sum256(p.out)
}

// milestone returns how far the store has come.
func (r records) milestone(tx store.Reader) (milestone, error) {
	epoch, _, err := r.mark.get(tx, epochKey)
	if err != nil {
		return milestone{}, err
	}
	last, err := r.trail.last(tx)
	return milestone{epoch, last.Seq, sumOf(last)}, err
}

// unlike is behind, for a side that may not have been found.
func (r records) unlike(tx store.Reader, here, side milestone, found bool) (why string, err error) {
	if !found && here.epoch > 0 {
		return "the record beside the key file, which says how far the store had come, is not there", nil
	}
	return r.behind(tx, here, side)
}

// behind says why the store at here cannot have come from where side was, or
// returns nothing if it can.
func (r records) behind(tx store.Reader, here, side milestone) (why string, err error) {
	if here.seq < side.seq {
		return fmt.Sprintf("its audit log ends with entry %d, and there was an entry %d", here.seq, side.seq), nil
	}
	if here.epoch < side.epoch {
		return fmt.Sprintf("it knows of %d starts of the server, and there were %d", here.epoch, side.epoch), nil
	}
	if side.seq == 0 {
		return "", nil
	}
	e, ok, err := r.entries.get(tx, seqKey(side.seq))
	if err == nil && (!ok || sumOf(e) != side.sum) {
		why = fmt.Sprintf("entry %d of its audit log is another one than it was", side.seq)
	}
	return why, err
}

// A stateFile keeps a milestone, sealed.
type stateFile struct {
	path string
	keys *Keys
}

const (
	stateHeader = "tokenscale-state-1"
	stateTable  = store.Table("state file") // what its seal is bound to; no table of a store
	stateKey    = "milestone"
)

// read returns the milestone, and whether there is one.
func (f stateFile) read() (m milestone, ok bool, err error) {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("reading the record of the store's state: %w", err)
	}
	head, line, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	sealed, err := hex.DecodeString(line)
	if head != stateHeader || err != nil {
		return m, false, fmt.Errorf("%s is no record of a store's state", f.path)
	}
	payload, err := f.keys.open(stateTable, []byte(stateKey), sealed)
	if err != nil {
		return m, false, fmt.Errorf("the record of the store's state in %s: %w", f.path, err)
	}
	u := &unpacker{in: payload}
	u.expect(rowVersion)
	m.epoch, m.seq = u.number(), u.number()
	copy(m.sum[:], u.raw(sha256.Size))
	return m, true, u.end()
}

// write replaces the file by one with m, or leaves it as it was.
func (f stateFile) write(m milestone) error {
	var p packer
	p.number(rowVersion)
	p.number(m.epoch)
	p.number(m.seq)
	p.raw(m.sum[:])
	text := stateHeader + "\n" + hex.EncodeToString(f.keys.seal(stateTable, []byte(stateKey), p.out)) + "\n"
	if err := replaceFile(f.path, []byte(text)); err != nil {
		return fmt.Errorf("writing the record of the store's state (it may stand elsewhere: --state-file): %w", err)
	}
	return nil
}

// replaceFile puts a whole durable file at path, whatever was there.
func replaceFile(path string, text []byte) error {
	folder := filepath.Dir(path)
	t, err := os.CreateTemp(folder, ".state-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(text)
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return err
	}
	if err := os.Rename(t.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// noteStart refuses a store that was put back, unless o accepts that, and
// counts this start. Both the store and the record have the count when it
// returns.
func (a *Authority) noteStart(ctx context.Context, o Options) error {
	if o.StateFile == "" {
		return nil
	}
	f := stateFile{o.StateFile, a.keys}
	side, found, err := f.read()
	bad := ""
	if err != nil {
		if !o.AcceptRollback {
			return fmt.Errorf("%w; start once with --accept-rollback if that is as it should be", err)
		}
		bad = err.Error()
	}
	here, why, err := a.compare(ctx, side, found)
	if err != nil {
		return err
	}
	if why = firstText(bad, why); why != "" && !o.AcceptRollback {
		return fmt.Errorf("%w: %s. If an older copy was put back on purpose, start once with --accept-rollback; tokens deleted since that copy was made work again", ErrRollback, why)
	}
	if !found {
		// The store is about to count a start, and must never be found with
		// one and without a record, however we are cut off.
		if err := f.write(milestone{}); err != nil {
			return err
		}
	}
	here, err = a.nextEpoch(ctx, here, side, why)
	if err != nil {
		return err
	}
	a.reached = newProgress(f, a.records, here)
	return f.write(here)
}

// compare returns where the store is, and why that cannot be right.
func (a *Authority) compare(ctx context.Context, side milestone, found bool) (here milestone, why string, err error) {
	err = a.store.View(ctx, func(r store.Reader) error {
		if here, err = a.milestone(r); err != nil {
			return err
		}
		why, err = a.unlike(r, here, side, found)
		return err
	})
	return here, why, err
}

// nextEpoch counts a start, and writes down why it was no ordinary one. A full
// store must start nevertheless; then its start is not counted.
func (a *Authority) nextEpoch(ctx context.Context, here, side milestone, why string) (milestone, error) {
	next, now := max(here.epoch, side.epoch)+1, a.clock()
	after := here
	err := a.store.Update(store.UseReserve(ctx), func(w store.Writer) error {
		if err := a.mark.put(w, epochKey, next); err != nil {
			return err
		}
		if why != "" {
			if err := a.trail.append(w, audit.Entry{
				Time: now, Type: audit.RolledBack, Action: "accept-rollback", Sensitive: true, Actor: audit.System(),
				Fields: []audit.Field{
					audit.One("reason", why),
					audit.One("entries", number(here.seq)), audit.One("entriesBefore", number(side.seq)),
				},
			}); err != nil {
				return err
			}
		}
		var err error
		after, err = a.milestone(w)
		return err
	})
	if errors.Is(err, store.ErrFull) && why == "" {
		a.log.Warn("the store is full; this start is not counted", "err", err)
		return here, nil
	}
	return after, err
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func firstText(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// lastEntry returns the last audit entry among changes, as it was stored.
func lastEntry(changes []store.Change) (row store.Row, ok bool) {
	for _, c := range changes {
		if c.Table == auditTable && c.Value != nil && bytes.Compare(c.Key, row.Key) > 0 {
			row, ok = store.Row{Key: c.Key, Value: c.Value}, true
		}
	}
	return row, ok
}

// CheckHistory returns an error, which wraps ErrRollback if the store is the
// older one, unless the store that tx reads is as new as the record at path
// says.
func CheckHistory(tx store.Reader, keys *Keys, path string) error {
	all := newRecords(keys)
	side, found, err := stateFile{path, keys}.read()
	if err != nil {
		return err
	}
	here, err := all.milestone(tx)
	if err != nil {
		return err
	}
	why, err := all.unlike(tx, here, side, found)
	if err == nil && why != "" {
		err = fmt.Errorf("%w: %s", ErrRollback, why)
	}
	return err
}
