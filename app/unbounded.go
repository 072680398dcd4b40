//go:build unbounded

package app

const (
	pieceTime = patience
	unbounded = true
)
