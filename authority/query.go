package authority

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A TokenView is a token as it is shown: with its filter, its last use, and
// whether it has expired.
type TokenView struct {
	token.Token
	Filter       ipfilter.Filter // nothing if the token has none
	LastUsedAt   epoch.Millis    // zero if never
	LastUsedFrom netip.Addr
	Expired      bool
	MakerName    string // empty if its maker is gone for long, and the audit log has lost it

	EarlierID token.ID // of the string before the present one that was used last
	Earlier   rows.Use // when that was; zero if none of those known was

	End   rows.End // zero while it works
	Tried rows.Use // when its string was last shown since it ended
}

func (a *Authority) view(e index.Entry, now epoch.Millis) TokenView {
	return a.viewOf(e.Token(), e, now)
}

func (a *Authority) viewOf(t token.Token, e index.Entry, now epoch.Millis) TokenView {
	use := e.LastUse()
	filter, _ := a.index.Filter(t.FilterID)
	view := TokenView{Token: t, Filter: filter, LastUsedAt: min(use.At, now), LastUsedFrom: use.From, Expired: t.Expired(now), MakerName: a.nameOf(t.CreatedBy, t.Maker)}
	view.EarlierID, view.Earlier = a.tombstones.UsedBefore(t)
	view.Replaces = ""
	if old, ok := a.index.Find(t.Replaces); ok && t.Replaces != "" {
		if !token.PastExpiry(old.ExpireAt(), now) {
			view.Replaces = t.Replaces
		}
		if last := old.LastUse(); last.At > view.Earlier.At {
			view.EarlierID, view.Earlier = t.Replaces, rows.Use{At: min(last.At, now), From: last.From}
		}
	}
	return view
}

func (a *Authority) views(entries []index.Entry, now epoch.Millis) []TokenView {
	views := make([]TokenView, len(entries))
	for i, e := range entries {
		views[i] = a.view(e, now)
	}
	return views
}

// View returns how a token that a command has just returned is shown.
func (a *Authority) View(t token.Token) TokenView {
	if e, ok := a.index.Find(t.ID); ok {
		return a.viewOf(t, e, a.clock())
	}
	filter, _ := a.index.Filter(t.FilterID)
	return TokenView{Token: t, Filter: filter, Expired: t.Expired(a.clock()), MakerName: a.nameOf(t.CreatedBy, t.Maker)}
}

// A TokenPage is one page of a list of tokens.
type TokenPage struct {
	Total  int          // how many match, on all pages together
	Tokens []TokenView  // never nil
	End    token.Cursor // where the last of Tokens stands; empty if there is none
	More   bool         // whether more follow behind it
}

// Tokens returns one page of the tokens that match q. It refuses with Forbidden who may not list
// tokens, with Invalid what policy.Listing refuses.
func (a *Authority) Tokens(by policy.Actor, q token.Query) (TokenPage, error) {
	q, bad := policy.Listing(q)
	if err := cmp.Or(by.May(policy.AdministerTokens()...), bad); err != nil {
		return TokenPage{}, err
	}
	a.noteRead(by, listRead)
	now := a.clock()
	q.Makers = a.numbersOf(q.CreatedBy)
	if slices.Contains(q.States, token.Ended) {
		return a.ended(q, now), nil
	}
	p := a.index.Page(q, now)
	return TokenPage{p.Total, a.views(p.Entries, now), p.End, p.More}, nil
}

// numbersOf returns the numbers of those tokens that are known, also of some that have ended: a
// token that was rotated is the one that made what it made with the strings before.
func (a *Authority) numbersOf(ids []token.ID) (numbers []token.Number) {
	for _, id := range ids {
		if e, ok := a.index.Find(id); ok {
			numbers = append(numbers, e.Token().Number)
		} else if s := a.tombstones.Find(id); s != nil {
			numbers = append(numbers, s.Number)
		}
	}
	return numbers
}

// ended returns one page of the tokens that have ended.
func (a *Authority) ended(q token.Query, now epoch.Millis) TokenPage {
	p := a.tombstones.Page(q, now, func(id token.ID) bool { _, lives := a.index.Find(id); return lives })
	out := TokenPage{p.Total, make([]TokenView, len(p.Tombstones)), p.End, p.More}
	for i, s := range p.Tombstones {
		filter, _ := a.index.Filter(s.FilterID)
		id, earlier := a.tombstones.UsedBefore(s.Token)
		out.Tokens[i] = TokenView{
			EarlierID: id, Earlier: earlier,
			Token: s.Token, Filter: filter, LastUsedAt: s.Used.At, LastUsedFrom: s.Used.From, Expired: s.Why == token.EndExpired,
			MakerName: a.nameOf(s.CreatedBy, s.Maker), End: s.Ended(), Tried: s.Tried,
		}
	}
	return out
}

// nameOf returns the name of the token that had an id, and has a number.
func (a *Authority) nameOf(id token.ID, n token.Number) string {
	if id == token.Root {
		return string(id)
	}
	if e, ok := a.index.Find(id); ok {
		return e.Name()
	}
	if s := a.tombstones.Find(id); s != nil {
		return s.Name
	}
	return a.makers.Name(n)
}

// Token returns the token id. It refuses with Forbidden who may not read it,
// with NotFound one that does not exist.
func (a *Authority) Token(by policy.Actor, id token.ID) (TokenView, error) {
	if err := by.MayRead(id); err != nil {
		return TokenView{}, err
	}
	e, ok := a.index.Find(id)
	if !ok {
		return TokenView{}, noToken(string(id))
	}
	return a.view(e, a.clock()), nil
}

// Filters returns the IP filters whose names hold part, by name: all that come
// after the first skip, or limit of them if that is not nil. It refuses with
// Forbidden who may not read them, with Invalid a page that cannot be.
func (a *Authority) Filters(by policy.Actor, part string, skip int, limit *int) ([]ipfilter.Filter, error) {
	page := policy.Page(skip, *cmp.Or(limit, new(int)))
	if err := cmp.Or(by.May(policy.ReadSecurity()...), page); err != nil {
		return nil, err
	}
	found := a.index.Filters(part)
	found = found[min(skip, len(found)):]
	if limit != nil {
		found = found[:min(*limit, len(found))]
	}
	return found, nil
}

// A FilterUsage is where an IP filter is used.
type FilterUsage struct {
	Total    int
	Tokens   []TokenView // one page, by name
	Policies []string    // the kinds of tokens on which it is enforced
}

// FilterUsage returns where the filter id is used.
func (a *Authority) FilterUsage(by policy.Actor, id ipfilter.ID, skip, limit int) (FilterUsage, error) {
	if err := cmp.Or(by.May(policy.ReadSecurity()...), policy.Page(skip, limit)); err != nil {
		return FilterUsage{}, err
	}
	if _, ok := a.index.Filter(id); !ok {
		return FilterUsage{}, noFilter()
	}
	total, page := a.index.BoundTo(id, skip, limit)
	return FilterUsage{total, a.views(page, a.clock()), a.index.Policies().Enforcing(id)}, nil
}

// TestFilter returns what the rules in text do with an address, and the lines
// that can never decide. Nothing is stored.
func (a *Authority) TestFilter(by policy.Actor, text, address string) (ipfilter.Decision, []int, error) {
	if err := by.May(policy.AdministerSecurity()...); err != nil {
		return ipfilter.Decision{}, nil, err
	}
	rules, addr, err := policy.FilterTrial(text, address)
	if err != nil {
		return ipfilter.Decision{}, nil, err
	}
	return rules.Decide(addr), rules.Unreachable(), nil
}

// Policies returns the security policies.
func (a *Authority) Policies(by policy.Actor) (policy.Policies, error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return policy.Policies{}, err
	}
	return a.index.Policies(), nil
}

// Filter returns the filter id, for whoever may see what refers to it.
func (a *Authority) Filter(id ipfilter.ID) (ipfilter.Filter, bool) { return a.index.Filter(id) }

// Bound returns how many tokens the last change of the policies has reached: all there are, as it
// binds them from the moment it is made.
func (a *Authority) Bound(by policy.Actor) (int, error) {
	if err := by.May(policy.ReadSecurity()...); err != nil {
		return 0, err
	}
	return a.index.Len(), nil
}

// Events returns one page of the audit entries that match q, newest first,
// and how many match in all. It looks at all entries in the range of time,
// or, if q.TokenID is given, at those about that token; one that is no id is
// taken for a name.
func (a *Authority) Events(ctx context.Context, by policy.Actor, q audit.Query) (total int, page []audit.Entry, err error) {
	if err := cmp.Or(by.May(policy.ReadSecurity()...), policy.Trail(q.Skip, q.Limit, len(q.Actions))); err != nil {
		return 0, nil, err
	}
	a.noteRead(by, trailRead)
	if q.TokenID != "" && q.TokenID != string(token.Root) && !token.IsID(q.TokenID) {
		q.TokenID, q.TokenName = "", q.TokenID
	}
	err = a.store.View(ctx, func(r store.Reader) error {
		total, page, err = a.ledger.Find(r, q)
		return err
	})
	return total, page, a.explain(ctx, err)
}
