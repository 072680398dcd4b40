package tally

import (
	"context"

	"tokenscale/audit"
)

// A Writer appends entries to the audit log on which no change depends.
type Writer func(context.Context, []audit.Entry) error

// writeAll writes an entry for each count, or has the tally keep them all for
// the next time.
func writeAll[K comparable, V any](
	ctx context.Context, t *Tally[K, V], write Writer, list []Count[K, V], entry func(Count[K, V]) audit.Entry,
) error {
	if len(list) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(list))
	for i, c := range list {
		entries[i] = entry(c)
	}
	err := write(ctx, entries)
	if err != nil {
		t.PutBack(list)
	}
	return err
}
