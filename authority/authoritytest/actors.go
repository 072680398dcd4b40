package authoritytest

import (
	"context"
	"net/netip"

	"tokenscale/authority"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// Loopback is the address that the actors of a House call from.
var Loopback = netip.MustParseAddr("127.0.0.1")

// Root returns root, calling from Loopback.
func Root() policy.Actor {
	a := policy.RootActor()
	a.IP = Loopback
	return a
}

// Token makes a token as root, and returns it with its string.
func (h *House) Token(d policy.Draft) (token.Token, string) {
	h.tb.Helper()
	t, secret, err := h.CreateToken(context.Background(), authority.Caller{Actor: Root(), Action: "createSystemToken"}, d)
	if err != nil {
		h.tb.Fatal(err)
	}
	return t, secret.Reveal()
}

// Holder makes a token with the permissions, and returns the actor that holds
// it and its string.
func (h *House) Holder(permissions ...permission.Permission) (policy.Actor, string) {
	h.tb.Helper()
	t, secret := h.Token(policy.Draft{Name: "holder", Permissions: permission.Of(permissions...)})
	actor, outcome := h.Verify(secret, Loopback)
	if outcome != policy.Accepted {
		h.tb.Fatalf("the new token %s is %v", t.ID, outcome)
	}
	return actor, secret
}
