// Package token holds what a system token is: a named credential with permissions, perhaps an
// expiry and an IP filter, and the digest of the string that proves possession of it.
//
// That string is a Secret. It exists in memory between Mint and the answer to whoever asked for it,
// or between the header of a request and its digest, and prints as token(hidden) in every way Go
// can print. What is kept is a Digest, keyed with a secret that does not lie in the store. FindLeak
// and Hide recognise a Secret, or the half of it that counts, in text where none belongs.
package token
