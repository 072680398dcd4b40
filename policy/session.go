package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/token"
)

// A SessionID names one session of the page, so that it alone can be ended. It
// is random, and no secret: without the server's seal it opens nothing.
type SessionID [16]byte

// A Session is what the page's cookie stands for: a token that proved itself
// when the session began. It is sealed by the server.
type Session struct {
	ID       SessionID
	Token    token.ID
	Mark     [8]byte // of the token's digest; another secret is another mark
	IssuedAt epoch.Millis
}

// SessionLife is how long a session of the page lasts at most.
const SessionLife = 12 * time.Hour

// Over reports whether the session's time is over, or not yet come.
func (s Session) Over(now epoch.Millis) bool {
	return now >= s.IssuedAt.Add(SessionLife) || now < s.IssuedAt.Add(-time.Minute)
}

// Ends returns when the session ends by itself: with the token of the actor
// that holds it, or when its time is over.
func (s Session) Ends(by Actor) epoch.Millis {
	over := s.IssuedAt.Add(SessionLife)
	if by.ExpireAt != 0 && by.ExpireAt < over {
		return by.ExpireAt
	}
	return over
}

// How many sessions one token may begin. Each may be ended, and is then kept
// until it would have been over: so a token has at most some 560 ended ones,
// and cannot fill the store by signing in and out.
const (
	sessionsAtOnce  = 200
	sessionInterval = 2 * time.Minute
)

// NextSession decides whether a token may begin a session now. free is what
// NextSession returned the last time, or zero. If it may not, wait is how long
// it has to; otherwise wait is zero.
func NextSession(free, now epoch.Millis) (next epoch.Millis, wait time.Duration) {
	next = max(free, now).Add(sessionInterval)
	if ahead := time.Duration(next-now) * time.Millisecond; ahead > sessionsAtOnce*sessionInterval {
		return free, ahead - sessionsAtOnce*sessionInterval
	}
	return next, 0
}
