// Package transfer brings all rows of a store into another one, of the same or of another kind:
// from a file into etcd, and back. Rows go as they are, byte for byte, so their seals and keys
// stay.
//
// It may be cut off anywhere and begun again. Until it is done no server starts on the target, and
// from shortly before that none starts on the source any more.
package transfer
