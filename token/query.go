package token

// A Query asks for one page of tokens. It is what the API, the authority and its index have in
// common.
type Query struct {
	Search      string // part of a name without regard to case, or an id; empty for all
	ByExpiry    bool   // order by expiry instead of by name
	Descending  bool
	Skip, Limit int // both at least 0
}
