//go:build bench

package authority_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
)

// TestArchiveFigures measures what docs/performance.md says of the audit log that leaves the store:
//
//	go test -tags bench -count=1 -run TestArchiveFigures -v ./authority
func TestArchiveFigures(t *testing.T) {
	const entries, callers = 4 << 16, 64
	h := authoritytest.OpenWith(t, authoritytest.Setup{File: true, Options: func(o *authority.Options) { o.Archive.Keep = 90 * day }})
	h.Unchecked = true
	gone := lives(t, h, entries+100, callers)
	signed(t, h)
	compacted := func() int64 {
		c, err := h.DB.(store.Compacter).Compact(context.Background(), func(store.Table, []byte, []byte) error { return nil })
		must(t, err)
		return c.After
	}
	figure := func(what string, do func()) {
		begun := time.Now()
		do()
		t.Logf("%-70s %v", what, time.Since(begun).Round(10*time.Microsecond))
	}
	ask := func(q audit.Query) func() {
		return func() {
			_, _, err := h.Events(t.Context(), root(), q)
			must(t, err)
		}
	}
	queries := func(when string) {
		figure(when+": the newest 50 entries", ask(audit.Query{Limit: 50}))
		figure(when+": the oldest 50 entries", ask(audit.Query{Limit: 50, Skip: entries}))
		figure(when+": what is about a token that is gone", ask(audit.Query{TokenID: gone[100], Limit: 50}))
		figure(when+": the same again", ask(audit.Query{TokenID: gone[100], Limit: 50}))
		figure(when+": the last 50 of one type among all", ask(audit.Query{Types: []audit.Type{audit.RootReplaced}, Limit: 50}))
		size := int64(entries)
		figure(when+": a proof of an old entry", func() {
			_, err := h.ProveEntry(t.Context(), root(), fmt.Sprint(1000+rand.N(1000)), &size)
			must(t, err)
		})
	}
	before := compacted()
	queries("in the store")
	h.Clock.Pass(91 * day)
	last := time.Now()
	steps := func(step string) error {
		if step != "cleared" {
			t.Logf("%-70s %v", "until "+step, time.Since(last).Round(time.Millisecond))
			last = time.Now()
		}
		return nil
	}
	h.Archiver().Step = steps
	figure("four segments leave, in all", func() { must(t, h.Archiver().Move(context.Background())) })
	after := compacted()
	var files int64
	must(t, filepath.WalkDir(h.AuditFolder(), func(path string, d fs.DirEntry, err error) error {
		if info, e := os.Stat(path); e == nil && !d.IsDir() {
			files += info.Size()
		}
		return err
	}))
	t.Logf("the store: %d bytes, then %d: %.0f bytes an entry; the files: %d, %.0f an entry", before, after, float64(before-after)/entries, files, float64(files)/entries)
	h.Reopen()
	queries("left, opened anew")
	queries("left, read before")
}

// lives writes so many entries by creating, rotating and deleting tokens, and returns the ids of
// those that are gone in the end, which is every second token.
func lives(t *testing.T, h *authoritytest.House, entries, callers int) (gone []string) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for c := range callers {
		wg.Go(func() {
			ctx := context.Background()
			for n := 0; n < entries/callers+1; {
				d := policy.Draft{Name: fmt.Sprint("ci pipeline ", c, " ", n), Permissions: permission.Of(permission.ReadHealthCheck, permission.ManageCluster, permission.ChangeSystemPermissions)}
				v, _, err := h.CreateToken(ctx, as(root(), "createSystemToken"), d)
				n++
				if err == nil && n%3 == 0 {
					n++
					err = h.DeleteToken(ctx, as(root(), "deleteToken"), v.ID)
				}
				mu.Lock()
				if failed = errors.Join(failed, err); n%3 == 1 {
					gone = append(gone, string(v.ID))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	must(t, failed)
	return gone
}
