// Package index is the live picture of the store that verification and lists read: all tokens in
// memory, by id and in the two orders that lists have, with the IP filters parsed and the policies
// at hand.
//
// It follows the store's feed, so a reader sees every change whose command has returned. It holds
// nothing that is not in the store, except when a token was last used, and it is made anew from the
// rows at each start. An Index is safe for concurrent use. Finding a token holds a read lock for
// one look-up, and allocates nothing.
package index
