// Package tombstones keeps what is known of tokens that have ended, for a while: so that whoever
// still shows the string of one is told apart from one who guesses, in the log and in the list of
// ended tokens. To the client there is no difference.
//
// They are few enough to lie in memory. When a string was last shown is kept there, and written
// down by the housekeeping.
package tombstones
