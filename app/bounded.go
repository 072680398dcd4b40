//go:build !unbounded

package app

import "time"

const (
	// pieceTime is how long the client of an answer may take for a piece of it.
	pieceTime = 10 * time.Second

	// unbounded is as in package graph.
	unbounded = false
)
