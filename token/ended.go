package token

// An EndReason is why a token works no more. They are stored: add some, never renumber one.
type EndReason uint8

// The reasons. Zero is that the token has not ended.
const (
	NotEnded    EndReason = iota
	EndDeleted            // somebody deleted it
	EndRotated            // its string was replaced, and its grace period, if it had one, is over
	EndExpired            // its time was over
	EndByPolicy           // a change of the security policies deleted it
)
