// Package timekeeping brings a clock over restarts: it writes into the store what
// time it is as far as something depends on it, and to the audit log what
// happened to the clock of the machine.
//
// An expired token must not live again after a crash and with a clock that was
// set back. So the time is written soon after a token has expired, with the last
// uses, and else once an hour: an idle server writes next to nothing.
package timekeeping
