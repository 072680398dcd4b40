package authority

import (
	"context"
	"net/netip"

	"tokenscale/authority/index"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// Verify decides whether a credential is accepted from an address, and as
// whom. It touches no disk and allocates nothing.
//
// A refused credential costs the same work whether its token is unknown, or
// known and the string wrong, so that the time tells nothing. If the string
// was right and the token is refused all the same, the Actor still names the
// token, for the log.
func (a *Authority) Verify(credential string, from netip.Addr) (policy.Actor, policy.Outcome) {
	actor, outcome := a.verify(credential, from, a.clock())
	a.counts.verified(outcome)
	return actor, outcome
}

func (a *Authority) verify(credential string, from netip.Addr, now epoch.Millis) (policy.Actor, policy.Outcome) {
	id, secret, _ := token.Split(credential)
	// The hash of a root token may be set from outside, and be that of any string.
	if id == token.Root && secret.ChecksumFits() {
		return a.verifyRoot(secret, from)
	}
	entry, known := a.index.Find(id)
	kept, key := entry.Digest()
	right := kept.Equal(a.keys.Digest(key, secret))
	actor, outcome := a.usable(entry, from, now) // also of what is refused anyway, for its time
	if !known || !right {
		return policy.Actor{}, refusal(secret, known)
	}
	if outcome == policy.Accepted {
		a.index.Touch(entry, now, from)
	}
	return actor, outcome
}

// refusal says what was wrong with a string that is that of no token. Its
// checksum is looked at only here: a good string need not pay for that.
func refusal(s token.Secret, known bool) policy.Outcome {
	switch {
	case !s.ChecksumFits(): // nor does that of no Secret at all
		return policy.Malformed
	case !known:
		return policy.Unknown
	}
	return policy.Wrong
}

// usable decides about a token, provided that its holder proves possession.
func (a *Authority) usable(e *index.Entry, from netip.Addr, now epoch.Millis) (policy.Actor, policy.Outcome) {
	actor, outcome := a.index.System().Usable(e.Token(), a.index, from, now)
	if outcome == policy.Accepted && e.Distrusted() {
		outcome = policy.Damaged
	}
	if outcome != policy.Accepted {
		return policy.Actor{ID: e.ID(), Name: e.Name(), IP: from}, outcome
	}
	actor.IP = from
	return actor, policy.Accepted
}

func (a *Authority) verifyRoot(s token.Secret, from netip.Addr) (policy.Actor, policy.Outcome) {
	kept, ok := a.index.Root()
	if !kept.Digest.Equal(a.keys.DigestHash(kept.Key, s.Hash())) || !ok {
		return policy.Actor{}, policy.Wrong
	}
	return rootFrom(from), policy.Accepted
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
	actor, outcome := a.resume(s, from, a.clock())
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
	actor, outcome := a.usable(entry, from, now)
	if outcome == policy.Accepted {
		a.index.Touch(entry, now, from)
	}
	return actor, outcome
}

func markOf(e *index.Entry) [8]byte {
	digest, _ := e.Digest()
	return digest.Mark()
}

// On a store that can only be read an authority verifies tokens and answers
// queries, and that is all. Nothing depends on a write for that: policies,
// filters and expiries are judged at every use, and no token can change. What
// the audit log would have told of, of those who are refused and those who read,
// the log tells.

// tellVerifyOnly tells what the start has left undone.
func (a *Authority) tellVerifyOnly(ctx context.Context) error {
	p, err := a.Progress(ctx, policy.RootActor())
	if err != nil {
		return err
	}
	if p.Running {
		a.log.Warn("a change of the security policies has not reached all tokens, and will when the store can be written; it binds them all the same", "done", p.Done, "total", p.Total)
	}
	return nil
}
