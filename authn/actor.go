package authn

import (
	"context"

	"tokenscale/fault"
	"tokenscale/policy"
)

// WithActor returns a context whose request is made by a. An Authenticator does the same
// for the requests it lets in.
func WithActor(ctx context.Context, a policy.Actor) context.Context {
	req := *RequestOf(ctx)
	req.actor, req.proved = a, true
	return context.WithValue(ctx, requestKey{}, &req)
}

// Actor returns who makes the request of ctx, or a fault with the code
// Unauthenticated if nobody has proved to be anybody.
func Actor(ctx context.Context) (policy.Actor, error) {
	return RequestOf(ctx).Actor()
}

// Actor is the function Actor for who has the Request at hand.
func (r *Request) Actor() (policy.Actor, error) {
	if r.proved {
		return r.actor, nil
	}
	return policy.Actor{}, fault.New(fault.Unauthenticated, missingText)
}
