package authority

import "tokenscale/store"

// What is done to many tokens is done in batches, so that other changes need not wait long, and
// no larger than the store takes.

// rowsOfToken is how many rows change at most when a token does in the background: its own, its
// last use, the count of its filter, its audit entry, and that it is found by its id.
const rowsOfToken = 5

// rowsBesides is how many rows a batch may change besides: a cursor, the clock, nodes of the
// tree over the audit log, a filter that all its tokens have in common.
const rowsBesides = 16

// batchSize returns for how many things one transaction does the work, if each changes so many
// rows: no more than most.
func (a *Authority) batchSize(most, each int) int {
	return store.BatchSize(a.store, most, each, rowsBesides)
}
