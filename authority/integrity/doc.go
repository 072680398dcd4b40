// Package integrity finds out whether the store is what the server wrote, and
// saves what is left when it is not.
//
// Inspect and Check read every row, and say which do not carry a valid seal and
// which do not fit together: with each other, or with what the audit log tells.
// A Scrubber does it again and again while a server runs, slowly, and compares
// the rows with what the server holds in memory; what does not agree is
// distrusted. A Salvager makes a new store of the sound rows of a damaged file.
package integrity
