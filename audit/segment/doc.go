// Package segment is the file that a part of the audit log is kept in once it has left the store.
//
// A file holds the rows of the log that belong to some entries which follow each other, as the
// store had them but for their seals: the SHA-256 of the file, which stands in a row of the store,
// is what proves it. The bytes are a function of the rows, so whoever builds the file of the same
// rows gets the same bytes. docs/storage.md has the format.
//
// The package knows bytes, and not what they mean. It reads nothing that it has not a bound for,
// and holds one block of rows at a time.
package segment
