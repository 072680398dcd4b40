package policy

import (
	"strings"

	"tokenscale/fault"
	"tokenscale/token"
)

// MaxFilterItems is how many items a list may have that filters tokens.
const MaxFilterItems = 1000

// Listing checks what is asked of a list of tokens, and returns q as it is carried out: where
// somebody searches for a whole token string, they mean its id, and nobody needs the rest.
//
// It refuses with Invalid a page that cannot be, a list with too many items, and a cursor that is
// none or that belongs to another order. Moments may be any: at some there is nothing to find.
func Listing(q token.Query) (token.Query, error) {
	if id, _, whole := token.Parse(strings.TrimSpace(q.Search)); whole {
		q.Search = string(id)
	}
	return q, fault.Inputs(
		Page(q.Skip, q.Limit),
		fewItems("permissionFilter", len(q.Permissions)),
		fewItems("stateFilter", len(q.States)),
		endedAlone(q.States),
		endedOrder(q),
		fewItems("ipFilterIdFilter", len(q.FilterIDs)),
		fewItems("createdByAnyFilter", len(q.CreatedBy)),
		continues(q))
}

// Trail checks what is asked of the audit log: a page, and how many actions.
func Trail(skip, limit, actions int) error {
	return fault.Inputs(Page(skip, limit), fewItems("actionFilter", actions))
}

// endedAlone refuses a list of ended tokens among others: they stand in no order together.
func endedAlone(states []token.State) error {
	ended := 0
	for _, s := range states {
		if s == token.Ended {
			ended++
		}
	}
	if ended > 0 && ended < len(states) {
		return fault.Input("stateFilter", "Ended tokens are listed apart from the others. Ask for Ended alone, and for other states in another request.")
	}
	return nil
}

// endedOrder refuses to order by what only tokens that have ended have.
func endedOrder(q token.Query) error {
	if q.Order < token.ByEnd || len(q.States) > 0 && q.States[0] == token.Ended {
		return nil
	}
	return fault.Input("sortBy", "Only ended tokens have what sortBy %s goes by. Ask for them with stateFilter: [Ended].", sortBy(q.Order))
}

// fewItems refuses a list with too many items. The refusal speaks of the input called field.
func fewItems(field string, n int) error {
	if n <= MaxFilterItems {
		return nil
	}
	return fault.Input(field, "%s has %d items; at most %d are possible. Ask in several requests.", field, n, MaxFilterItems)
}

// sortBy returns what the API calls an order of lists.
func sortBy(o token.Order) string {
	return [...]string{
		token.ByName: "Name", token.ByExpiry: "ExpirationDate", token.ByCreation: "CreatedAt", token.ByLastUse: "LastUsedAt",
		token.ByEnd: "EndedAt", token.ByLastTry: "LastTriedAt",
	}[o]
}

// continues refuses a cursor with which q cannot go on. It repeats nothing of it: somebody may
// have sent something else by mistake.
func continues(q token.Query) error {
	if q.After == "" {
		return nil
	}
	p, ok := q.After.Place()
	if !ok {
		return fault.Input("after", "This is no cursor. Give the endCursor of the page before, unchanged, or leave after out to begin with the first page.")
	}
	if p.Order != q.Order || p.Descending != q.Descending {
		direction := "ASC"
		if p.Descending {
			direction = "DESC"
		}
		return fault.Input("after", "This cursor is of a list with sortBy %s and orderBy %s. Go on with those, or leave after out to begin with the first page.", sortBy(p.Order), direction)
	}
	return nil
}
