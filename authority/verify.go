package authority

import (
	"net/netip"

	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// Verify decides whether a credential is accepted from an address, and as
// whom. It touches no disk and allocates nothing. Where several nodes have the
// store open, it decides nothing while this one may be behind, and asks for what
// is new before it refuses.
//
// A refused credential costs the same work whether its token is unknown, or
// known and the string wrong, so that the time tells nothing. If the string
// was right and the token is refused all the same, the Actor still names the
// token, for the log.
func (a *Authority) Verify(credential string, from netip.Addr) (actor policy.Actor, outcome policy.Outcome) {
	if a.door == nil {
		outcome = a.verify(&actor, credential, from, a.clock())
	} else {
		actor, outcome = a.door.Judge(func() (by policy.Actor, o policy.Outcome) {
			o = a.verify(&by, credential, from, a.clock())
			return by, o
		})
	}
	a.counts.verified(outcome)
	return actor, outcome
}

// verify writes the actor to by: it is long, and each function that returned it would copy it.
func (a *Authority) verify(by *policy.Actor, credential string, from netip.Addr, now epoch.Millis) policy.Outcome {
	id, secret, _ := token.Split(credential)
	if id == token.Root && secret.Sound() { // its hash may be set from outside, of any string
		return a.verifyRoot(by, secret, from)
	}
	entry, known := a.index.Find(id)
	entry.Prefetch()
	kept, key := entry.Digest()
	var gone *rows.Tombstone
	if !known {
		if gone = a.tombstones.Find(id); gone != nil {
			kept, key = gone.Digest, gone.DigestKey
		}
	}
	right := kept.Equal(a.keys.Digest(key, secret))
	outcome := a.usable(by, entry, from, now) // also of what is refused anyway, for its time
	if !known || !right {
		*by = policy.Actor{}
		if right && gone != nil {
			by.ID, by.Name, by.IP = gone.ID, gone.Name, from
			return policy.Ended(gone.Why)
		}
		return refusal(secret, known)
	}
	if outcome == policy.Accepted {
		a.index.Touch(entry, now, from)
	}
	return outcome
}

// refusal says what was wrong with a string. Its letters and their checksum are
// looked at only here: a good one need not pay for that.
func refusal(s token.Secret, known bool) policy.Outcome {
	switch {
	case !s.Sound():
		return policy.Malformed
	case !known:
		return policy.Unknown
	}
	return policy.Wrong
}

// usable decides about a token. If the string was right, by is to be its holder; it is zero before.
func (a *Authority) usable(by *policy.Actor, e index.Entry, from netip.Addr, now epoch.Millis) policy.Outcome {
	outcome := e.Bounds().Usable(from, now)
	if outcome == policy.Accepted && e.Distrusted() {
		outcome = policy.Damaged
	}
	if by.IP = from; outcome == policy.Accepted {
		e.Holder(by)
	} else {
		by.ID, by.Name = e.ID(), e.Name()
	}
	return outcome
}

func (a *Authority) verifyRoot(by *policy.Actor, s token.Secret, from netip.Addr) policy.Outcome {
	kept, ok := a.index.Root()
	if !kept.Digest.Equal(a.keys.DigestHash(kept.Key, s.Hash())) || !ok {
		return policy.Wrong
	}
	*by = rootFrom(from)
	return policy.Accepted
}

func rootFrom(from netip.Addr) policy.Actor {
	actor := policy.RootActor()
	actor.IP = from
	return actor
}

// Resume decides whether a session that the page holds is still good. A
// session dies with its token, with the token's Secret, and when it is signed
// out.
func (a *Authority) Resume(s policy.Session, from netip.Addr) (policy.Actor, policy.Outcome) {
	judge := func() (policy.Actor, policy.Outcome) { return a.resume(s, from, a.clock()) }
	actor, outcome := policy.Actor{}, policy.NotProven
	if a.door == nil {
		actor, outcome = judge()
	} else {
		actor, outcome = a.door.Judge(judge)
	}
	a.counts.verified(outcome)
	return actor, outcome
}

func (a *Authority) resume(s policy.Session, from netip.Addr, now epoch.Millis) (policy.Actor, policy.Outcome) {
	switch {
	case s.Over(now):
		return policy.Actor{}, policy.Expired
	case a.sessions.Ended(s):
		// The session was sealed for that token.
		return policy.Actor{ID: s.Token, Root: s.Token == token.Root, IP: from}, policy.SignedOut
	}
	actor, outcome := a.holder(s, from, now)
	if outcome == policy.Accepted {
		actor.SessionEnds = s.Ends(actor)
	}
	return actor, outcome
}

// holder decides about the token that s was begun with.
func (a *Authority) holder(s policy.Session, from netip.Addr, now epoch.Millis) (policy.Actor, policy.Outcome) {
	if s.Token == token.Root {
		if kept, ok := a.index.Root(); !ok || kept.Digest.Mark() != s.Mark {
			return policy.Actor{}, policy.Wrong
		}
		return rootFrom(from), policy.Accepted
	}
	entry, known := a.index.Find(s.Token)
	switch {
	case !known:
		return policy.Actor{}, policy.Unknown
	case markOf(entry) != s.Mark:
		return policy.Actor{}, policy.Wrong
	}
	var actor policy.Actor
	outcome := a.usable(&actor, entry, from, now)
	if outcome == policy.Accepted {
		a.index.Touch(entry, now, from)
	}
	return actor, outcome
}

func markOf(e index.Entry) [8]byte {
	digest, _ := e.Digest()
	return digest.Mark()
}

// On a store that can only be read an authority verifies tokens and answers
// queries, and that is all. Nothing depends on a write for that: policies,
// filters and expiries are judged at every use, and no token can change. What
// the audit log would have told of, of those who are refused and those who read,
// the log tells.
