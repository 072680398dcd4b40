// Package overlay runs transactions in memory, above a store that is only read while they run. A
// backend brings two things: the rows as they are, and a way to make one set of changes durable
// at once. Everything between Update and that commit is here, the same for a file and for a
// cluster.
//
// One goroutine, the Committer's, runs all transactions. It takes the callers that wait, runs
// their functions one after the other, each in an Overlay of its own above what the batch has
// changed so far, drops the overlay of one that fails, has the backend commit the rest, tells
// the followers, and answers. The more callers there are, the more of them share a commit; a
// single caller waits for nobody.
package overlay
