package policy

import (
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/token"
)

// A Tightening is what one change of the policy asks of the system tokens there
// were, when it was made, and by whom.
type Tightening struct {
	Rule   Security // what Since returned for the change
	At     epoch.Millis
	By     token.ID
	ByName string // that By had
}

// A History is the policies with what tokens stored earlier have still to be
// brought under.
//
// A change of the policies rewrites no token. What is stored of a token carries
// a stamp instead: the number of the newest tightening that it is known to
// satisfy, given inside the transaction that wrote it. What the token is now
// follows from that by Fold, on each node and after each restart alike. A stamp
// is a number and never a time: clocks are read before a transaction waits for
// its turn, so their readings do not tell which of two came first.
//
// A History is a value. Its methods return another one and change nothing that
// an older one shares.
type History struct {
	Policies // as they are now

	// Newest is the number of the newest tightening. It never falls, also when
	// Past is cut.
	Newest uint64

	// Past holds the last tightenings, the newest at the end.
	Past []Tightening
}

// mostPast is how many tightenings a history holds at most. Each has to be
// asked about each token that is read with a stamp before it, so a start after
// many changes with many tokens would take long.
const mostPast = 64

// Set returns h after a change to next by an actor at now, and what the change asks of each
// token; unless that Touches some, it is no tightening and leaves no trace. It
// refuses with Conflict a tightening that there is no room for.
func (h History) Set(next Policies, by Actor, now epoch.Millis) (_ History, rule Security, err error) {
	rule = next.System.Since(h.System)
	h.Policies = next
	if !rule.Touches() {
		return h, rule, nil
	}
	if h.Full() {
		return History{}, Security{}, fault.New(fault.Conflict, "Earlier changes of the security policies are still being carried through. Try again in some minutes.")
	}
	h.Newest++
	h.Past = append(h.Past[:len(h.Past):len(h.Past)], Tightening{rule, now, by.ID, by.Name})
	return h, rule, nil
}

// Full reports whether there is no room for another tightening until some that
// no token needs any more are Cut.
func (h History) Full() bool { return len(h.Past) >= mostPast }

// Fold returns what a token stored with the stamp is now: judged by each later
// tightening, at that tightening's own moment. alive is false if one of them has
// deleted it. It allocates nothing.
//
// known is false, and so is alive, if the stamp is outside the history. Such a
// token must be distrusted: somebody has put back what was stored long ago, and
// it would get past what it never met.
func (h History) Fold(t token.Token, stamp uint64) (_ token.Token, alive, known bool) {
	if stamp > h.Newest || h.Newest-stamp > uint64(len(h.Past)) {
		return token.Token{}, false, false
	}
	for _, p := range h.Past[uint64(len(h.Past))-(h.Newest-stamp):] {
		verdict := Keep
		if t, verdict = p.Rule.Judge(t, p.At); verdict == Delete {
			return token.Token{}, false, true
		}
	}
	return t, true, true
}

// Ending returns the tightening that has deleted a token stored with the stamp, and the token as it
// was by then; ended is false if none has. It must be asked of stamps only that Fold knows.
func (h History) Ending(t token.Token, stamp uint64) (last token.Token, by Tightening, ended bool) {
	for i, p := range h.Past {
		if h.Newest-uint64(len(h.Past)-1-i) <= stamp {
			continue
		}
		after, verdict := p.Rule.Judge(t, p.At)
		if verdict == Delete {
			return t, p, true
		}
		t = after
	}
	return t, Tightening{}, false
}

// Cut returns h without the tightenings that no token needs whose stamp is at
// least least.
func (h History) Cut(least uint64) History {
	if need := h.Newest - min(least, h.Newest); need < uint64(len(h.Past)) {
		h.Past = h.Past[uint64(len(h.Past))-need:]
	}
	return h
}
