package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tokenscale/authority"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// errUnsound means that something is wrong with the store that the doctor
// looked at.
var errUnsound = errors.New("the store is not sound")

// doctor says how a store is, and saves what is left of a damaged one.
type doctor struct {
	StoreOptions
	Salvage string `placeholder:"FILE" help:"Put all rows that are certain into a new store in this file, for restore. Nothing else is changed."`
	File    string `arg:"" optional:"" help:"A backup to look at in the place of the store in the data folder."`
}

// Help is printed by --help.
func (doctor) Help() string {
	return "Reads every page and checks every seal, without changing anything. The server must be stopped, unless a backup is looked at. " +
		"Exits with 0 if all is well, with 3 if something is wrong, with 1 if it could not look."
}

// Run is called by kong.
func (c *doctor) Run(ctx context.Context, base Options) (err error) {
	o := base
	o.StoreOptions = c.StoreOptions
	keys, err := authority.LoadKeys(o.keyFile())
	if err != nil {
		return fmt.Errorf("the seals are checked with the keys: %w", err)
	}
	path := c.File
	if path == "" {
		held, err := holdStore(o.Data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, held.Close()) }()
		path = bolt.Path(o.Data)
	} else {
		keys = keys.WithOldSeals() // it may be from before the keys were rotated
	}
	d := &diagnosis{path: path, out: o.Stdout}
	err = d.examine(ctx, keys)
	if err == nil && c.File == "" {
		err = d.history(ctx, keys, o)
	}
	if err != nil {
		return err
	}
	if c.Salvage != "" {
		if err := salvage(ctx, o, keys, path, c.Salvage); err != nil {
			return fmt.Errorf("saving what is left: %w", err)
		}
	}
	if d.wrong > 0 {
		return fmt.Errorf("%w: %s", errUnsound, path)
	}
	_, err = fmt.Fprintln(o.Stdout, "All is well.")
	return err
}

// holdStore keeps servers away from the store in folder.
func holdStore(folder string) (io.Closer, error) {
	if _, err := os.Stat(bolt.Path(folder)); err != nil {
		return nil, fmt.Errorf("there is no store in %s (%w)", folder, err)
	}
	held, err := bolt.Hold(folder)
	if errors.Is(err, bolt.ErrLocked) {
		err = fmt.Errorf("the server is running; stop it, or make a backup and look at that (%w)", err)
	}
	return held, err
}

// A diagnosis is printed line by line.
type diagnosis struct {
	path  string
	out   io.Writer
	wrong int
}

func (d *diagnosis) line(name, format string, args ...any) {
	fmt.Fprintf(d.out, "%-10s %s\n", name, fmt.Sprintf(format, args...))
}

func (d *diagnosis) bad(name string, err error) {
	d.wrong++
	d.line(name, "WRONG: %v", err)
}

func (d *diagnosis) examine(ctx context.Context, keys *authority.Keys) error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	d.line("store", "%s, %d bytes", d.path, info.Size())
	if err := d.metas(); err != nil {
		return err
	}
	var rep authority.Report
	err = bolt.Inspect(ctx, d.path, func(r store.Reader) (err error) {
		rep, err = authority.Inspect(ctx, r, keys)
		return err
	})
	switch {
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrRow):
		d.bad("pages", err)
		return nil
	case err != nil:
		return err // the wrong keys, another version, no permission
	}
	d.line("pages", "every page in use is sound")
	d.rows(rep)
	return nil
}

func (d *diagnosis) metas() error {
	metas, err := bolt.Metas(d.path)
	if err != nil {
		return err
	}
	for i, m := range metas {
		name := fmt.Sprintf("meta %d", i)
		if !m.Sound {
			d.bad(name, errors.New("it is not sound; the other one counts"))
			continue
		}
		d.line(name, "commit %d, %d pages of %d bytes, root on page %d", m.Commit, m.Pages, m.PageSize, m.Root)
	}
	return nil
}

func (d *diagnosis) rows(rep authority.Report) {
	for _, t := range rep.Tables {
		if t.Bad > 0 {
			d.bad(string(t.Name), fmt.Errorf("%d rows are sound and %d are not as the server wrote them", t.Rows, t.Bad))
			continue
		}
		d.line(string(t.Name), "%d rows, every seal is sound", t.Rows)
	}
	for _, err := range rep.BadRows {
		d.line("", "%v", err)
	}
	for _, err := range rep.Odd {
		d.bad("rows", err)
	}
	if rep.Bad == 0 && len(rep.Odd) == 0 {
		d.line("rows", "they fit together; audit entries %d to %d without a gap, the last of %s; %d starts", rep.First, rep.Last, rep.LastAt, rep.Starts)
	}
}

// history compares the store with the record beside the key file.
func (d *diagnosis) history(ctx context.Context, keys *authority.Keys, o Options) error {
	if d.wrong > 0 {
		return nil // then there is nothing to compare
	}
	err := bolt.Inspect(ctx, d.path, func(r store.Reader) error { return authority.CheckHistory(r, keys, o.stateFile()) })
	if err != nil {
		d.bad("history", err)
		return nil
	}
	d.line("history", "the store is as new as %s says", o.stateFile())
	return nil
}

// salvage makes the new store in a folder of its own, beside the file that it
// becomes.
func salvage(ctx context.Context, o Options, keys *authority.Keys, from, to string) (err error) {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("there is a file %s already", to)
	}
	work, err := os.MkdirTemp(filepath.Dir(to), ".salvage-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	inside := o
	inside.Data = work
	db, err := bolt.Open(boltOptions(inside))
	if err != nil {
		return err
	}
	found, saved, err := salvageInto(ctx, db, keys, from, epoch.Of(o.Now()))
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if _, err := inspect(ctx, bolt.Path(work), keys); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(bolt.Path(work), to), syncFolder(filepath.Dir(to))); err != nil {
		return err
	}
	tellSalvage(o.Stdout, to, found, saved)
	warnOfRollback(ctx, o, keys, to)
	return nil
}

// warnOfRollback tells whether the store at path has lost its last changes.
func warnOfRollback(ctx context.Context, o Options, keys *authority.Keys, path string) {
	err := bolt.Inspect(ctx, path, func(r store.Reader) error { return authority.CheckHistory(r, keys, o.stateFile()) })
	if err != nil {
		fmt.Fprintf(o.Stdout, "  WARNING: %v. Tokens deleted in what is lost work again once this is restored.\n", err)
	}
}

func salvageInto(ctx context.Context, db store.DB, keys *authority.Keys, from string, now epoch.Millis) (bolt.Salvage, authority.Salvaged, error) {
	s := authority.NewSalvager(db, keys)
	found, err := bolt.Rows(from, func(f bolt.Find) error { return s.Take(ctx, f.Table, f.Key, f.Value) })
	if err != nil {
		return found, authority.Salvaged{}, err
	}
	damaged := map[store.Table]int{}
	for _, d := range found.Damage {
		damaged[d.Table]++
	}
	saved, err := s.Finish(ctx, now, damaged)
	return found, saved, err
}

// maxTold is how many parts that could not be read are told one by one.
const maxTold = 20

func tellSalvage(out io.Writer, to string, found bolt.Salvage, s authority.Salvaged) {
	fmt.Fprintf(out, "\n%s holds what could be saved; put it in place with tokenscale restore.\n", to)
	fmt.Fprintf(out, "  read: %d pages; could not be read: %d\n", found.Pages, len(found.Damage))
	for _, d := range found.Damage[:min(maxTold, len(found.Damage))] {
		fmt.Fprintf(out, "    %v\n", d.Err)
	}
	for _, t := range slices.Sorted(maps.Keys(s.Rows)) {
		fmt.Fprintf(out, "  %s: %d rows saved, %d with a broken seal left out\n", t, s.Rows[t], s.Bad[t])
	}
	fmt.Fprintf(out, "  tokens that the audit log knows and that could not be saved: %d\n  audit entries lost: %d\n", s.Lost, s.Gaps)
	if s.Filters > 0 {
		fmt.Fprintf(out, "  %d IP filters are lost; those in their place let nobody in until you edit them\n", s.Filters)
	}
	if s.Disabled {
		fmt.Fprintln(out, "  The security policies are lost: all tokens are disabled until root sets them again.")
	}
}
