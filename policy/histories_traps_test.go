package policy_test

import (
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// A trap is a deliberate bug, one that the design invites. Each must make a difference that the
// comparison of the two worlds sees.
type trap string

const noTrap trap = ""

// The traps.
const (
	stampFromIndex  trap = "a row gets the newest number of the index, not of the transaction"
	byTime          trap = "which tightenings concern a token is told by when it was made"
	judgedNow       trap = "tightenings are judged at the moment of looking"
	onlyNewest      trap = "only the newest tightening is applied"
	regrantUnfolded trap = "permissions are written on the row as stored, stamped newest"
	graceUnfolded   trap = "the string in its grace is the row as stored, stamped newest"
	numberFromTable trap = "the next number is that of the last one kept, plus one"
	cutTooMuch      trap = "a tightening is forgotten while a row is one step behind"
	usersRaw        trap = "users of a filter are counted by rows as stored"
	actorRaw        trap = "the actor's own row is read as stored"
	graceRaw        trap = "the row in its grace period is read as stored"
	hideRaw         trap = "expiry is found by the expiry as stored"
	notFirst        trap = "counts are taken from the index in the middle of a batch"
	mendFromIndex   trap = "mending writes the index's copy"
	loadRaw         trap = "another node loads rows without folding"
	noneIfNobody    trap = "no tightening if the index says in the middle of a batch that nobody is concerned"
	oneSlot         trap = "an id is looked for only where it was before the batch"
	gapIsNothing    trap = "a tightening that is not there counts as none"
	rawRead         trap = "commands read rows as stored"
	newestFirst     trap = "tightenings are folded newest first"
	evidenceCut     trap = "what a change did is forgotten with its tightening"
	hiddenNotJudged trap = "a hidden token is brought back as stored"
	capFromRotation trap = "a rotated token's maximum counts from its rotation"
)

// What pieces of a manifest written after the change invite cannot be built any more: what a change
// did is written in its own transaction.

// anyPlaceInBatch reports whether calls that must begin a batch are let in anywhere.
func (b trap) anyPlaceInBatch() bool { return b == notFirst || b == noneIfNobody }

func (b trap) stamp(t *tx) uint64 {
	switch {
	case t.eager || b == byTime:
		return 0
	case b == stampFromIndex:
		return t.index.history.Newest
	}
	return t.history.Newest
}

func (b trap) renumber(before, after policy.History) policy.History {
	if b == numberFromTable && after.Newest > before.Newest && len(before.Past) == 0 {
		after.Newest = 1
	}
	return after
}

// fold is History.Fold, wrong in the way of the trap.
func (b trap) fold(h policy.History, r row, now epoch.Millis) (token.Token, bool, bool) {
	past, stamp := h.Past, r.stamp
	switch b {
	case byTime:
		stamp, past = h.Newest-uint64(len(past)), nil
		for _, p := range h.Past {
			if r.token.CreatedAt <= p.At {
				past = append(past, p)
			}
		}
	case judgedNow:
		past = nil
		for _, p := range h.Past {
			past = append(past, policy.Tightening{Rule: p.Rule, At: now})
		}
	case onlyNewest:
		if stamp < h.Newest {
			past, stamp = past[len(past)-1:], h.Newest-1
		}
	case newestFirst:
		past = nil
		for i := range h.Past { // as many as are due, the last of them first
			past = append(past, h.Past[len(h.Past)-1-i])
		}
		due := int(h.Newest - stamp)
		if due <= len(past) {
			past = append(past[due:], past[:due]...)
		}
	case gapIsNothing:
		stamp = min(max(stamp, h.Newest-uint64(len(past))), h.Newest)
	case hiddenNotJudged:
		if r.token.Hidden() {
			return r.token, true, true
		}
	}
	if b == byTime {
		h.Newest = stamp + uint64(len(past))
	}
	h.Past = past
	return h.Fold(r.token, stamp)
}

// Each deliberate bug is found, so the comparison would find one that is not deliberate. What
// gapIsNothing lets in comes back from before a cut; TestFoldingLaterIsRewritingAtOnce sees that.
func TestTheComparisonFindsEachTrap(t *testing.T) {
	for _, bug := range []trap{
		stampFromIndex, byTime, judgedNow, onlyNewest, regrantUnfolded, graceUnfolded,
		numberFromTable, cutTooMuch, usersRaw, actorRaw, graceRaw, hideRaw, notFirst,
		mendFromIndex, loadRaw, noneIfNobody, oneSlot, rawRead, newestFirst, evidenceCut,
		hiddenNotJudged, capFromRotation,
	} {
		t.Run(string(bug), func(t *testing.T) {
			t.Parallel()
			difference := rapid.Custom(func(t *rapid.T) string { return compareWorlds(t, bug) })
			const most = 5000
			for seed := range most {
				if difference.Example(seed) != "" {
					t.Logf("found after %d sequences", seed)
					return
				}
			}
			t.Errorf("%d sequences show no difference", most)
		})
	}
}
