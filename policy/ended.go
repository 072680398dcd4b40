package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/token"
)

// What is kept of tokens that have ended: for so long, and of so many, the last that ended.
const (
	EndedKept = 30 * 24 * time.Hour
	MostEnded = 20_000
)

// EndedForLong reports whether what is kept of a token that ended at a moment goes at now.
func EndedForLong(ended, now epoch.Millis) bool { return ended.Add(EndedKept) <= now }

// Ended returns what comes of the attempt to use a token that has ended, whose string was right.
func Ended(why token.EndReason) Outcome {
	switch why {
	case token.EndExpired:
		return Expired
	case token.EndRotated:
		return Rotated
	}
	return Deleted
}
