package authority

import (
	"context"

	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
)

// mendBatch is how many rows one transaction brings up to date at most: so few that nobody who
// verifies waits for it. With 500, one in a hundred waited some milliseconds for a core.
const mendBatch = 64

// rowsOfMend is how many rows change at most when one is brought up to date: its own, or with it
// its last use and two requests that lead to it.
const rowsOfMend = 4

// mending calls Mend from time to time, until ctx ends. It is no task of the other housekeeping,
// which must not wait for it.
func (a *Authority) mending(ctx context.Context) {
	loop.Every(ctx, a.pause, func(ctx context.Context) {
		a.attempt(ctx, task{"bringing tokens up to date with the security policies", a.Mend})
	})
}

// Mend brings the rows of all tokens up to date with the policies, slowly, so that nobody waits for
// it, and then forgets the tightenings that no row needs any more. Nothing depends on it but how
// much has to be judged when a row is read. It is safe for concurrent use.
func (a *Authority) Mend(ctx context.Context) error {
	newest, behind, err := a.behind(ctx)
	if err != nil || !behind {
		return err
	}
	stale := func(p rows.Present, s rows.StoredToken) bool { return s.Stamp < p.History.Newest }
	mend := func(w store.Writer, p rows.Present, s rows.StoredToken) error { return p.Mend(w, s) }
	if err := a.rows.WalkTokens(ctx, a.store, a.batchSize(mendBatch, rowsOfMend), stale, mend); err != nil {
		return err
	}
	return a.cut(ctx, newest)
}

// behind returns the number of the newest tightening, and whether some are kept for rows that may
// not be up to date.
func (a *Authority) behind(ctx context.Context) (newest uint64, behind bool, err error) {
	err = a.store.View(ctx, func(r store.Reader) error {
		p, err := a.rows.Present(r)
		newest, behind = p.History.Newest, len(p.History.Past) > 0
		return err
	})
	return newest, behind, err
}

// cut forgets the tightenings up to the one that all rows satisfy.
func (a *Authority) cut(ctx context.Context, least uint64) error {
	return a.store.Update(ctx, func(w store.Writer) error {
		p, err := a.rows.Present(w)
		if err != nil {
			return err
		}
		return a.rows.Policies.Put(w, rows.PoliciesKey, p.History.Cut(least))
	}, store.UseReserve)
}
