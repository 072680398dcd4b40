package policy

import (
	"tokenscale/fault"
	"tokenscale/token"
)

// MaxDeletions is how many tokens one deletion may name.
const MaxDeletions = 1000

// DeleteTokens decides whether by may delete the tokens with these ids at once. It does not know
// whether they exist.
func DeleteTokens(by Actor, ids []token.ID) error {
	if err := by.May(AdministerTokens()...); err != nil {
		return err
	}
	switch {
	case len(ids) == 0:
		return fault.Input("ids", "No token is named. Give 1 to %d ids.", MaxDeletions)
	case len(ids) > MaxDeletions:
		return fault.Input("ids", "%d tokens are named; at most %d can be deleted at once. Delete them in several requests.", len(ids), MaxDeletions)
	}
	seen := make(map[token.ID]int, len(ids))
	for i, id := range ids {
		if first, twice := seen[id]; twice {
			return fault.Input("ids", "The ids at the places %d and %d are the same. Name each token once.", first+1, i+1)
		}
		seen[id] = i
	}
	return nil
}

// NotAmong is the refusal of a deletion of several tokens because the one at a place, counted from
// 0, is not there. What was given is repeated only if it can be nothing but an id: it might be a
// token string.
func NotAmong(given token.ID, place int) error {
	if !token.IsID(string(given)) {
		return fault.New(fault.NotFound, "There is no token with the id at place %d, so none was deleted. An id is what stands before the ~ of a token string.", place+1)
	}
	return fault.New(fault.NotFound, "There is no token with the id %s any more, so none was deleted. Leave it out and ask again.", given)
}
