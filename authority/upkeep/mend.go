package upkeep

import (
	"context"

	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
)

// MendBatch is how many rows one transaction brings up to date at most: so few that nobody who
// verifies waits for it. With 500, one in a hundred waited some milliseconds for a core.
const MendBatch = 64

// rowsOfMend is how many rows change at most when one is brought up to date: its own, or with it
// its last use, two requests that lead to it, and what is kept of one that has ended.
const rowsOfMend = 5

// Mend brings the rows of all tokens up to date with the policies, slowly, so that nobody waits for
// it, and then forgets the tightenings that no row needs any more. Nothing depends on it but how
// much has to be judged when a row is read. It is safe for concurrent use.
func (u *Upkeep) Mend(ctx context.Context) error {
	newest, behind, err := u.behind(ctx)
	if err != nil || !behind {
		return err
	}
	stale := func(p rows.Present, s rows.StoredToken) bool { return s.Stamp < p.History.Newest }
	mend := func(w store.Writer, p rows.Present, s rows.StoredToken) error {
		if err := u.entombDeleted(w, p, s); err != nil {
			return err
		}
		return p.Mend(w, s)
	}
	if err := u.rows.WalkTokens(ctx, u.db, u.batchSize(MendBatch, rowsOfMend), stale, mend); err != nil {
		return err
	}
	return u.cut(ctx, newest)
}

// entombDeleted writes down what there is to know of a token that a change of the policies has
// deleted, if that is kept in memory or there is room: it may have deleted a million.
func (u *Upkeep) entombDeleted(w store.Writer, p rows.Present, s rows.StoredToken) error {
	if _, alive, err := p.Now(s); err != nil || alive || s.Hidden() {
		return err
	}
	known := u.ended.Find(s.ID)
	if known == nil && u.ended.Len() >= policy.MostEnded {
		return nil
	}
	last, by, _ := p.History.Ending(s.Token, s.Stamp)
	var used rows.Use
	if known != nil {
		used = known.Used
	}
	return p.Entomb(w, last, rows.EndByPolicy(by), used)
}

// behind returns the number of the newest tightening, and whether some are kept for rows that may
// not be up to date.
func (u *Upkeep) behind(ctx context.Context) (newest uint64, behind bool, err error) {
	err = u.db.View(ctx, func(r store.Reader) error {
		p, err := u.rows.Present(r)
		newest, behind = p.History.Newest, len(p.History.Past) > 0
		return err
	})
	return newest, behind, err
}

// cut forgets the tightenings up to the one that all rows satisfy.
func (u *Upkeep) cut(ctx context.Context, least uint64) error {
	return u.db.Update(ctx, func(w store.Writer) error {
		p, err := u.rows.Present(w)
		if err != nil {
			return err
		}
		return u.rows.Policies.Put(w, rows.PoliciesKey, p.History.Cut(least))
	}, store.UseReserve)
}
