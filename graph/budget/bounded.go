//go:build !unbounded

package budget

const (
	// MaxAnswer is how long one answer may be, in bytes, before it is compressed.
	MaxAnswer = 8 << 20

	// Unbounded says that no budget holds, as in the servers that the fault tests build to see
	// that without budgets they are killed.
	Unbounded = false
)
