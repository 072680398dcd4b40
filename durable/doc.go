// Package durable keeps files whole over a crash.
//
// A file that is replaced is written under another name first, synced, and
// then renamed: whoever looks finds the old content or the new, never a part.
// The folder is synced last, because a name is kept in the folder and not in
// the file; without that, a rename may be undone by a power cut.
//
// All files are readable by their owner only.
package durable
