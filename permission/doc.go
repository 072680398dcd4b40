// Package permission holds what a system token may do.
//
// The sixteen permissions are LogScale's. Their names are part of the API, and their numbers are
// stored. None implies another. A Set is a set of them in one word, so that it can be compared,
// copied and stored at no cost; its zero value may do nothing.
package permission
