// Package cells holds sets of cells, which are the numbers under which the live index keeps its
// tokens: a hash table that finds them, and trees that keep them in order.
//
// Both are copied where they change. A value that was handed out never changes, so any number of
// readers may hold it without a lock while one writer makes the next; the collector frees what
// nobody holds any more. A writer works in generations: what it has copied in one generation it
// changes in place until the next. A new generation begins whenever a value is handed out.
//
// What a cell holds is the caller's affair: hashes and comparisons come with each call.
package cells
