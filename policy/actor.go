package policy

import (
	"net/netip"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// UnreadableAddress stands in logs where a request came through a proxy that
// wrote an address that nobody can read.
const UnreadableAddress = "unreadable"

// An Actor is whoever made a request: root, or a system token. The zero Actor
// may do nothing.
type Actor struct {
	ID          token.ID
	Number      token.Number // of its token; zero for root
	Name        string
	Root        bool
	Permissions permission.Set
	FilterID    ipfilter.ID  // the filter that binds the actor; empty if none
	ExpireAt    epoch.Millis // zero if the actor's token never expires

	// SessionEnds is when the session of the page that the actor was known by
	// ends; zero for an actor that showed its token.
	SessionEnds epoch.Millis

	IP        netip.Addr // where the request came from; the zero Addr if nobody can read it
	RequestID string
}

// RootActor returns the actor that may do everything.
func RootActor() Actor {
	return Actor{ID: token.Root, Name: string(token.Root), Root: true, Permissions: permission.All}
}

// ActorOf returns the actor that holds t.
func ActorOf(t token.Token) Actor {
	return Actor{ID: t.ID, Number: t.Number, Name: t.Name, Permissions: t.Permissions.Known(), FilterID: t.FilterID, ExpireAt: t.ExpireAt}
}

// May returns nil if the actor is root or holds any one of the permissions.
// Otherwise the refusal names the first of them, in LogScale's words.
func (a Actor) May(anyOf ...permission.Permission) error {
	if a.Root {
		return nil
	}
	for _, p := range anyOf {
		if a.Permissions.Has(p) {
			return nil
		}
	}
	if len(anyOf) == 0 {
		return fault.New(fault.Forbidden, "not allowed")
	}
	return fault.New(fault.Forbidden, "%s not allowed", anyOf[0].Label())
}

// MayRead returns nil if the actor may read the token id: its own, or any if
// it administers system tokens.
func (a Actor) MayRead(id token.ID) error {
	if a.ID == id && id != "" {
		return nil
	}
	return a.May(permission.ChangeSystemPermissions)
}
