package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"tokenscale/app"
	"tokenscale/authority/archive"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/durable"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// salvage makes the new store in a folder of its own, beside the file that it
// becomes.
func salvage(ctx context.Context, o app.Options, keys *keyring.Keys, from, to string) (err error) {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("there is a file %s already", to)
	}
	work, err := os.MkdirTemp(filepath.Dir(to), ".salvage-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	inside := o
	inside.Data, inside.Audit.Segments = work, o.SegmentsFolder()
	db, err := app.OpenFolder(inside, false)
	if err != nil {
		return err
	}
	past, err := o.OpenSegments(keys, app.NewLog(o))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	found, saved, err := salvageInto(ctx, db, past, keys, from, epoch.Of(o.Now()))
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if _, err := inspect(ctx, o, boltfile.Path(work), keys); err != nil {
		return err
	}
	if err := durable.Rename(boltfile.Path(work), to); err != nil {
		return err
	}
	tellSalvage(o.Stdout, to, found, saved)
	warnOfRollback(ctx, o, keys, to)
	return nil
}

// warnOfRollback tells whether the store at path has lost its last changes.
func warnOfRollback(ctx context.Context, o app.Options, keys *keyring.Keys, path string) {
	err := boltfile.Inspect(ctx, path, func(r store.Reader) error { return rollback.Check(r, keys, o.StatePath()) })
	if err != nil {
		fmt.Fprintf(o.Stdout, "  WARNING: %v. Tokens deleted in what is lost work again once this is restored.\n", err)
	}
}

func salvageInto(
	ctx context.Context, db store.DB, past *archive.Segments, keys *keyring.Keys, from string, now epoch.Millis,
) (boltfile.Salvage, integrity.Salvaged, error) {
	s := integrity.NewSalvager(db, keys)
	s.ReadPast(past.Through)
	found, err := boltfile.Rows(from, func(f boltfile.Find) error { return s.Take(ctx, f.Table, f.Key, f.Value) })
	if err != nil {
		return found, integrity.Salvaged{}, err
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

func tellSalvage(out io.Writer, to string, found boltfile.Salvage, s integrity.Salvaged) {
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
	if s.Rules > 0 {
		fmt.Fprintf(out, "  %d IP filters had older rules than the audit log tells; they have got those of the audit log\n", s.Rules)
	}
	if s.Disabled {
		fmt.Fprintln(out, "  The security policies are lost: all tokens are disabled until root sets them again.")
	}
}
