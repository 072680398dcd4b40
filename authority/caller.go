package authority

import "tokenscale/policy"

// A Caller is who asks for a command, and with which request.
type Caller struct {
	Actor  policy.Actor
	Action string // the name of the mutation, for the audit log

	// IdempotencyKey, if not empty, has a command that makes a token or an IP filter, or rotates
	// a token, make it at most once. If the same actor asks for the same with the same key,
	// nothing is made, and the refusal has the code Conflict and names what was made the first
	// time. So is the refusal of another request with that key. Other commands ignore it.
	IdempotencyKey string
}
