// Package audit holds what is written down of every change, and of every refusal: the entry, the
// tree over all entries, and the signed checkpoint that proves them.
//
// An Entry tells who did what to what, from where and when, in LogScale's words. It never holds a
// secret. The encoding of its rows is the store's business; the form in which it is exported, a
// line of JSON, stands here.
//
// The log is the list of leaves of a Merkle tree, as in RFC 6962. Whoever keeps a checkpoint of it
// (its size and root, signed) can tell later whether any entry up to there was changed, whoever
// holds the keys by then. This package computes and compares; it reads no store and signs nothing
// by itself.
package audit
