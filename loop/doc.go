// Package loop runs tasks that repeat until a context ends: every so often,
// or whenever somebody signals that there is work.
//
// Whoever starts a loop owns it: the functions here return when the context
// is over and the round under way has ended, so that the owner can wait for
// them. They start no goroutines of their own.
package loop
