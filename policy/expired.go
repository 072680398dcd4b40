package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/token"
)

const (
	// ListedExpired is how long an expired token is still listed, as in LogScale.
	ListedExpired = 5 * time.Minute

	// KeptHidden is for how long the server must run before the row of a hidden
	// token is removed. A clock that jumps ahead hides tokens, which can be taken
	// back; nobody's clock removes one.
	KeptHidden = 7 * 24 * time.Hour
)

// Hide returns t as it is from the moment on at which it is no longer listed,
// and whether that has come. ran is for how long the server has run in all.
func Hide(t token.Token, now epoch.Millis, ran time.Duration) (token.Token, bool) {
	if t.Hidden() || t.ExpireAt == 0 || now < t.ExpireAt.Add(ListedExpired) {
		return t, false
	}
	t.HiddenAfter = max(ran, time.Millisecond)
	return t, true
}

// Removable reports whether the row of t may be removed for good.
func Removable(t token.Token, ran time.Duration) bool {
	return t.Hidden() && ran >= t.HiddenAfter+KeptHidden
}

// BringBack returns a hidden token as it is listed again, because time was set
// back to now by whoever may, and whether it is: it must not have expired by
// then. t is as the history of the policies says, which knows no difference
// between hidden tokens and others.
func BringBack(t token.Token, now epoch.Millis) (token.Token, bool) {
	if !t.Hidden() || t.Expired(now.Add(-ListedExpired)) {
		return t, false
	}
	t.HiddenAfter = 0
	return t, true
}
