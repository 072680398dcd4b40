package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/authn"
	"tokenscale/authority"
	"tokenscale/permission"
)

// requires lets a root field through only for a caller who holds one of the
// permissions. A refused change is written to the audit log.
//
// It is the first of two checks. Commands ask again inside their transaction,
// where the answer cannot change under them.
func (r *Resolver) requires(ctx context.Context, _ any, next graphql.Resolver, anyOf []permission.Permission) (any, error) {
	by, err := authn.Actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := by.May(anyOf...); err != nil {
		if graphql.GetOperationContext(ctx).Operation.Operation == ast.Mutation {
			r.authority.RecordRefusal(ctx, authority.Caller{Actor: by, Action: action(ctx), About: about(ctx)}, err)
		}
		return nil, err
	}
	return next(ctx)
}

// open lets a root field through for every caller who is known. The
// authenticator lets nobody else in; but a field must not depend on that.
func (r *Resolver) open(ctx context.Context, _ any, next graphql.Resolver, _ string) (any, error) {
	if _, err := authn.Actor(ctx); err != nil {
		return nil, err
	}
	return next(ctx)
}
