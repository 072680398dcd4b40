// Package upkeep does for tokens what time asks for: it tells of those that will expire soon, hides
// those that have expired, removes them in the end, and brings rows up to date with the policies.
// Nothing of it changes what a token may do at a moment.
package upkeep

import (
	"time"

	"tokenscale/authority/clock"
	"tokenscale/authority/index"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/authority/tombstones"
	"tokenscale/epoch"
	"tokenscale/store"
)

// Upkeep is what is done from time to time. Its methods may be called by many goroutines at once,
// and by several nodes: what another one has done meanwhile is left alone.
type Upkeep struct {
	db     store.DB
	rows   *rows.Rows
	ledger ledger.Ledger
	index  *index.Index
	time   *clock.Clock
	ended  *tombstones.Tombstones

	removed time.Duration // for how long the server had run at the last look for tokens to remove
}

// New returns the upkeep of the tokens in db.
func New(db store.DB, all *rows.Rows, l ledger.Ledger, x *index.Index, c *clock.Clock, ended *tombstones.Tombstones) *Upkeep {
	return &Upkeep{db: db, rows: all, ledger: l, index: x, time: c, ended: ended}
}

func (u *Upkeep) clock() epoch.Millis { return u.time.Now() }

// What is done to many tokens is done in batches, so that other changes need not wait long, and
// no larger than the store takes.

// Batch is for how many things one transaction does the work in the background at most.
const Batch = 500

// RowsOfToken is how many rows change at most when a token does in the background: its own, its
// last use, its audit entry, that it is found by its id, two requests that lead to it, and what is
// kept of one that has ended.
const RowsOfToken = 7

// RowsOfExpiry is how many of them change when it is told that a token will expire, or when it is
// hidden: all but its last use and the requests.
const RowsOfExpiry = 4

// besides is how many rows a batch may change besides: the clock, nodes of the tree over the
// audit log.
const besides = 16

// largestRow is more bytes than a row that changes then has: that of a token with the longest name
// and the longest note, in characters of four bytes each.
const largestRow = 4 << 10

// BatchSize returns for how many things one transaction of db does the work, if each changes so
// many rows: no more than most.
func BatchSize(db store.DB, most, each int) int {
	_, bytes := db.Limits()
	return max(1, min(store.BatchSize(db, most, each, besides), bytes/(each*largestRow)))
}

func (u *Upkeep) batchSize(most, each int) int { return BatchSize(u.db, most, each) }
