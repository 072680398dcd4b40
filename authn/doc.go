// Package authn finds out who is asking: it takes the credential and the
// address out of a request, has them verified, and puts the actor into the
// context or answers that the request is refused.
//
// Why a credential was refused is for the log and the metrics. The client
// gets one answer for a token that never was, has expired, was deleted or is
// mistyped; only an address outside the token's IP filter gets another, as in
// LogScale.
package authn
