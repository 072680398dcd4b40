package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tokenscale/app"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

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

func (d *diagnosis) examine(ctx context.Context, keys *keyring.Keys) error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	d.line("store", "%s, %d bytes", d.path, info.Size())
	if err := d.metas(); err != nil {
		return err
	}
	var rep integrity.Report
	err = boltfile.Inspect(ctx, d.path, func(r store.Reader) (err error) {
		rep, err = integrity.Inspect(ctx, r, keys)
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
	metas, err := boltfile.Metas(d.path)
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

func (d *diagnosis) rows(rep integrity.Report) {
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
func (d *diagnosis) history(ctx context.Context, keys *keyring.Keys, o app.Options) error {
	if d.wrong > 0 {
		return nil // then there is nothing to compare
	}
	err := boltfile.Inspect(ctx, d.path, func(r store.Reader) error { return rollback.Check(r, keys, o.StatePath()) })
	if err != nil {
		d.bad("history", err)
		return nil
	}
	d.line("history", "the store is as new as %s says", o.StatePath())
	return nil
}
