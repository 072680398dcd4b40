package policy

import (
	"strconv"

	"tokenscale/epoch"
	"tokenscale/token"
)

// A Verdict is what a policy does with an existing token.
type Verdict uint8

// The verdicts. A token that is both capped and re-filtered counts as capped.
const (
	Keep     Verdict = iota // it stays as it is
	Refilter                // it gets the enforced filter
	Cap                     // it gets an earlier expiry
	Delete                  // it goes
)

// Judge decides what becomes of t under s. It returns the token as it must be
// from now on; when the verdict is Delete that token means nothing.
//
// Judge is idempotent: the token it returns, judged again at the same moment,
// is kept.
func (s Security) Judge(t token.Token, now epoch.Millis) (token.Token, Verdict) {
	if !s.Enabled {
		return token.Token{}, Delete
	}
	verdict := Keep
	if s.FilterID != "" && t.FilterID != s.FilterID {
		t.FilterID = s.FilterID
		verdict = Refilter
	}
	if limit, set := s.limit(t); set {
		// The limit runs from creation, so a token older than the limit is
		// already overdue. Capping it would only kill it a moment later,
		// under a stranger name in the audit trail.
		if limit <= now {
			return token.Token{}, Delete
		}
		if t.Outlives(limit) {
			t.ExpireAt = limit
			verdict = Cap
		}
	}
	return t, verdict
}

// limit returns the latest moment at which s lets t expire, if s sets a
// maximum. A maximum below zero, which only damage could bring about, lets
// nothing live on.
func (s Security) limit(t token.Token) (_ epoch.Millis, set bool) {
	if s.MaxAgeMs == 0 {
		return 0, false
	}
	limit := t.CreatedAt + epoch.Millis(max(s.MaxAgeMs, 0))
	if limit < t.CreatedAt { // a maximum of many thousand years
		limit = epoch.End
	}
	return ending(limit), true
}

// ending returns m as a moment at which a token can end: never zero, which
// would be no end at all, and never beyond what common formats can write.
func ending(m epoch.Millis) epoch.Millis {
	return min(max(m, 1), epoch.End-1)
}

// Since returns the part of s that tokens living under old need not satisfy
// yet: what a change asks of them. What is unchanged or loosened is left out,
// so the rest leaves such tokens alone.
func (s Security) Since(old Security) Security {
	// Where tokens were forbidden already, there is none to be deleted.
	rest := Security{Enabled: s.Enabled || !old.Enabled, AllowUpdates: s.AllowUpdates}
	if s.MaxAgeMs != 0 && (old.MaxAgeMs == 0 || s.MaxAgeMs < old.MaxAgeMs) {
		rest.MaxAgeMs = s.MaxAgeMs
	}
	if s.FilterID != old.FilterID {
		rest.FilterID = s.FilterID
	}
	return rest
}

// Touches reports whether s can change any token at all.
func (s Security) Touches() bool {
	return !s.Enabled || s.MaxAgeMs != 0 || s.FilterID != ""
}

// Deletes reports whether s can delete any token at all.
func (s Security) Deletes() bool { return !s.Enabled || s.MaxAgeMs != 0 }

func plural(n int64, noun string) string {
	text := strconv.FormatInt(n, 10) + " " + noun
	if n != 1 {
		text += "s"
	}
	return text
}
