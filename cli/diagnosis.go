package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tokenscale/app"
	"tokenscale/authority/archive"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd/condition"
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

func (d *diagnosis) examine(ctx context.Context, keys *keyring.Keys, o app.Options) error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	d.line("store", "%s, %d bytes", d.path, info.Size())
	if err := d.metas(); err != nil {
		return err
	}
	past, err := o.OpenSegments(keys, app.NewLog(o))
	if err != nil {
		return err
	}
	var rep integrity.Report
	var files archive.Survey
	err = boltfile.Inspect(ctx, d.path, func(r store.Reader) (err error) {
		files, err = past.Survey(ctx, r)
		if err != nil && !integrity.Broken(err) { // of what is broken the rows tell
			return err
		}
		rep, err = integrity.Inspect(ctx, past.Without(r, files.Left()), keys)
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
	d.segments(files, o.SegmentsFolder())
	return nil
}

// segments tells of the audit log that has left the store.
func (d *diagnosis) segments(files archive.Survey, folder string) {
	for _, u := range files.Bad {
		d.bad("segments", u)
	}
	whole, bad := len(files.Whole), len(files.Bad)
	switch {
	case bad > 0:
		d.line("segments", "%d of %d files of the audit log in %s, up to entry %d, are as they were written", whole, whole+bad, folder, files.Last())
		d.line("", "tokens were not compared with the audit log, because not all of it can be read")
	case whole > 0:
		d.line("segments", "%d files of the audit log in %s, up to entry %d, each as it was written", whole, folder, files.Last())
	}
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
	if rep.Sums != nil {
		d.bad("sums", rep.Sums)
	}
	for _, err := range rep.Odd {
		d.bad("rows", err)
	}
	if rep.Bad == 0 && rep.Sums == nil && len(rep.Odd) == 0 {
		d.line("rows", "they fit together; audit entries %d to %d without a gap, the last of %s; %d starts", rep.First, rep.Last, rep.LastAt, rep.Starts)
	}
}

// What a member of etcd should have left, and should keep.
const (
	quotaWarns  = 75 // percent of the quota that are used
	keepsAll    = 100_000
	behindWarns = 10_000 // commits
)

// members says how etcd is, and which nodes share the store.
func (d *diagnosis) members(ctx context.Context, o app.Options) error {
	h, err := app.InspectEtcd(ctx, o)
	for _, m := range h.Members {
		d.member(m)
	}
	if err != nil {
		d.bad("etcd", err)
		return nil
	}
	switch {
	case h.Compacted > 0:
		d.line("history", "etcd keeps what was changed since revision %d of %d", h.Compacted, h.Revision)
	case h.Revision > keepsAll:
		d.bad("history", fmt.Errorf("etcd keeps all its %d revisions: start its members with --auto-compaction-mode=periodic --auto-compaction-retention=1h", h.Revision))
	}
	for _, n := range h.Nodes {
		d.line("node", "%s at %s, version %s, has come to revision %d of %d", n.Name, n.Address, n.Version, n.Applied, h.Revision)
	}
	different, err := app.CompareEtcd(ctx, o)
	switch {
	case errors.Is(err, boltfile.ErrLocked):
		d.line("mirror", "the node that runs here has it; stop the node to have it compared with etcd")
	case err != nil:
		return err
	case different > 0:
		d.bad("mirror", fmt.Errorf("%d rows are not what etcd has", different))
	default:
		d.line("mirror", "every row is what etcd has")
	}
	return nil
}

func (d *diagnosis) member(m condition.Member) {
	role := "follows"
	switch {
	case m.Leader:
		role = "leads"
	case m.Learner:
		role = "learns"
	}
	if m.Version != "" {
		d.line("member", "%s, etcd %s, %s; %d bytes, of which %d are used, of at most %d", m.Endpoint, m.Version, role, m.Size, m.Used, m.Quota)
	}
	for _, problem := range m.Problems {
		d.bad("member", fmt.Errorf("%s: %s", m.Endpoint, problem))
	}
	if m.Quota > 0 && m.Size > m.Quota/100*quotaWarns {
		d.bad("member", fmt.Errorf("%s: %d of %d bytes are taken (--quota-backend-bytes): defragment it, or raise the quota", m.Endpoint, m.Size, m.Quota))
	}
	if m.Behind > behindWarns {
		d.bad("member", fmt.Errorf("%s: it is %d commits behind", m.Endpoint, m.Behind))
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
