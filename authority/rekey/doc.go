// Package rekey gives a store new keys, and takes old ones out of the key file.
//
// A rotation happens in steps of which each leaves a store and a key file that
// a server can start with:
//
//  1. an entry of the audit log names the new key;
//  2. the key file gets it, in front of the others;
//  3. batch by batch, every row is sealed under it, and so is the record
//     beside the key file;
//  4. an entry says so;
//  5. the other keys are marked as old ones: from now on a row sealed under
//     one of them is refused, so whoever has stolen one can write none.
//
// A rotation that was cut off after the second step shows in the key file by
// a key that is neither the newest nor an old one, and the next run goes on
// with it. Digests cannot be made anew without the strings of the tokens, so
// an old key stays until no token needs it.
package rekey
