// Package fault names the ways a request can be refused.
//
// A fault is written for the person who made the request: its message is
// shown to them word for word. Every other error is ours; it is logged, and
// the client is told only that something went wrong.
package fault
