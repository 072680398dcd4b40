// Package rows is the form in which everything is stored: the tables, the keys
// of their rows, and how each row is packed. docs/storage.md says the same in
// words.
//
// Above it nobody sees bytes: a Table gets, puts and walks values of one type,
// and every row it writes is sealed by the keyring. A row that does not open is
// an error, never a row that is not there. What must be written together, such
// as a token and the count of tokens that its IP filter binds, is one method of
// Rows.
package rows
