package authn

import (
	"context"

	"tokenscale/fault"
	"tokenscale/policy"
)

type actorKey struct{}

// WithActor returns a context whose request is made by a.
func WithActor(ctx context.Context, a policy.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// Actor returns who makes the request of ctx, or a fault with the code
// Unauthenticated if nobody has proved to be anybody.
func Actor(ctx context.Context) (policy.Actor, error) {
	if a, ok := ctx.Value(actorKey{}).(policy.Actor); ok {
		return a, nil
	}
	return policy.Actor{}, fault.New(fault.Unauthenticated, missingText)
}
