package ledger

import (
	"tokenscale/audit"
	"tokenscale/policy"
)

// Actor returns an actor as the audit log names it.
func Actor(by policy.Actor) audit.Actor {
	kind := audit.ActorToken
	switch {
	case by.Root:
		kind = audit.ActorRoot
	case by.ID == "":
		kind = audit.ActorAnonymous
	}
	a := audit.Actor{Type: kind, TokenID: string(by.ID), TokenName: by.Name, RequestID: by.RequestID}
	switch {
	case by.IP.IsValid():
		a.IP = by.IP.String()
	case by.RequestID != "":
		a.IP = policy.UnreadableAddress
	}
	return a
}
