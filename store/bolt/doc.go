// Package bolt keeps a store in one file, with bbolt.
//
// Transactions run in store/overlay and share commits; what is here writes them to the file and
// sees to the file: that a commit fits before it begins, that the file is still the one at its
// path, that readers and backups do not make it grow without limit, and that it can be made
// shorter.
//
// A commit that fails stops the writing for good, since bbolt cannot say whether it is in the
// file: a disk that reports an error once may have lost pages that it never mentions again. The
// process should end and be started anew. The one failure that stops nothing is want of space
// found before anything was written; see reserve.go.
package bolt
