// Package clock tells the time that tokens are judged by, and for how long the
// server has run.
//
// Time follows the clock of the machine, but never runs back, not over a
// restart either: what has expired stays expired, whoever sets a clock. Only
// an operator who says so (--accept-clock) has it go on from what the machine's
// clock says.
//
// For how long the server has run is counted by a steady clock that nobody can
// set, over all its runs. What must not be undone by a clock that was wrong for
// some days, such as the removal of an expired token's row, goes by that.
package clock
