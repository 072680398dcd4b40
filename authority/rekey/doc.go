// Package rekey gives a store a new key, and takes old ones out of the key file.
//
// The key file says which keys there are, and the store, in a row of its
// settings, which of them seals. So all who have it open change from one to the
// next in the same commit, and nobody is stopped for it. A rotation happens in
// steps, each of which leaves a store and a key file that a server can start with:
//
//  1. the key file gets a new key, in front of the others: it is known, and seals
//     nothing. Of a store that nodes share, each gets that file;
//  2. the store says that this key is next. From then on no node takes a key
//     file without it;
//  3. if all nodes have it, the store says that it seals, with an entry of the
//     audit log;
//  4. batch by batch, every row is sealed under it;
//  5. the store says that none is sealed under an older one, with an entry. From
//     now on a row under one of those is refused, so whoever has stolen one can
//     write none;
//  6. the key file marks them as old, so that this counts for later starts.
//
// A rotation that was cut off goes on with the next run, and a server that runs
// finishes one by itself. A node that was not there, and comes back with a key
// file from before, has heard of the second step before the third: it stops, and
// does not take what is sealed under the new key for somebody else's.
//
// Digests cannot be made anew without the strings of the tokens, so an old key
// stays until no token needs it.
package rekey
