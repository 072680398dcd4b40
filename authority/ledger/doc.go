// Package ledger is the audit log: it appends entries inside the transaction
// of what they tell of, finds them again, and proves them.
//
// Over the entries stands a Merkle tree as in RFC 6962. A Checkpointer signs
// its root as the log grows; whoever has kept such a checkpoint elsewhere can
// have it proved that the log only grew since (ProveGrowth), or that an entry
// stands in it (ProveEntry), and Examine names what was changed. An Exporter
// writes the entries to a file or a pipe.
package ledger
