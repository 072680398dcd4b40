// Package index is the live picture of the store that verification and lists read: all tokens in
// memory, by id, by number and in the orders that lists have, with the IP filters parsed and the
// policies at hand.
//
// It follows the store's feed, so a reader sees every change whose command has returned. It holds
// nothing that is not in the store, except when a token was last used, and it is made anew from the
// rows at each start. An Index is safe for concurrent use.
//
// A picture is everything at one moment, and never changes once it is published, apart from last
// uses. A batch of changes copies what it changes, and publishes the next picture by storing one
// pointer. So readers take no lock and never wait, a list and a verification see a batch whole or
// not at all, and the collector frees what nobody holds any more.
//
// Tokens lie in leaves of 62, in pieces of 8 KiB with hardly a pointer: the collector has next to
// nothing to follow. A token is named by its cell, the number of its leaf and of its place there.
// The hash table and the orders of package cells are of such numbers. The invariants:
//
//   - Nothing reachable from a published picture changes, except last uses. The three buffers of a
//     leaf are only ever replaced, so that strings may share their memory.
//   - A token has the same cell as long as it is there. A cell is given to another only in a copy
//     of its leaf.
//   - A comparison in an order reads the token. So a token is taken out of an order before it
//     changes, and put in afterwards.
//   - After a picture is published each last use of a leaf that was copied is marked as moved, and
//     what it got meanwhile is brought to the copy; who comes later is sent to the copy.
package index
