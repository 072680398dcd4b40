// Package archive has the audit log leave the store, and be read all the same.
//
// The log is what only grows. An Archiver moves the oldest of it, a segment at a time, into files:
// it builds the file, reads it back, copies it to a second place if there is one, and only then
// writes the row of the segment and takes the rows that are in the file out of the store. It may be
// cut off anywhere: what was done is done again. Segments shows the rows that have left the store
// as if they were still in it.
package archive
