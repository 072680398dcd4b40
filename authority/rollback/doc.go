// Package rollback notices that a store was put back to an older state of
// itself.
//
// A sealed row proves that we wrote it, not that it is the last we wrote: a
// whole store put back is sound in every row, and tokens deleted since then
// live again. So how far the store had come is also kept beside the key file,
// in a record of its own. It is written only after the store has it for
// certain, so it may lag behind the store, after a crash, but can never be
// ahead of it; a store that is behind it was put back.
package rollback
