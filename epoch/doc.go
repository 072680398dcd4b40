// Package epoch counts time as the API and the disk do: in milliseconds.
//
// A moment is kept as one number from the store to the answer, so that it is
// never rounded on the way and compares exactly.
package epoch
