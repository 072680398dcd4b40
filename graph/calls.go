package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/authn"
	"tokenscale/authority"
	"tokenscale/graph/model"
	"tokenscale/graph/transport"
	"tokenscale/policy"
	"tokenscale/token"
)

// What several root fields ask of the authority in the same way. Revealing a
// Secret happens here and nowhere else.

// caller returns who asks for a change, and with which request.
func caller(ctx context.Context) (authority.Caller, error) {
	by, err := authn.Actor(ctx)
	if err != nil {
		return authority.Caller{}, err
	}
	key := transport.IdempotencyKey(graphql.GetOperationContext(ctx).Headers)
	return authority.Caller{Actor: by, Action: action(ctx), About: about(ctx), IdempotencyKey: key}, nil
}

// about returns the id in the input of the field; nothing if there is none.
func about(ctx context.Context) token.ID {
	given := graphql.GetFieldContext(ctx).Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	input, _ := given["input"].(map[string]any)
	id, _ := input["id"].(string)
	return token.ID(id)
}

func (r *Resolver) create(ctx context.Context, d policy.Draft) (model.SystemPermissionsToken, string, error) {
	by, err := caller(ctx)
	if err != nil {
		return model.SystemPermissionsToken{}, "", err
	}
	t, secret, err := r.authority.CreateToken(ctx, by, d)
	return r.reveal(t, secret, err)
}

func (r *Resolver) rotate(ctx context.Context, id string, graceMs int64, endPredecessor bool) (model.SystemPermissionsToken, string, error) {
	by, err := caller(ctx)
	if err != nil {
		return model.SystemPermissionsToken{}, "", err
	}
	rotate := r.authority.RotateTokenKeeping
	if endPredecessor {
		rotate = r.authority.RotateToken
	}
	t, secret, err := rotate(ctx, by, token.ID(id), graceMs)
	return r.reveal(t, secret, err)
}

func (r *Resolver) reveal(t token.Token, secret token.Secret, err error) (model.SystemPermissionsToken, string, error) {
	if err != nil {
		return model.SystemPermissionsToken{}, "", err
	}
	return tokenShape(r.authority.View(t)), secret.Reveal(), nil
}

func (r *Resolver) delete(ctx context.Context, id string) (bool, error) {
	by, err := caller(ctx)
	if err != nil {
		return false, err
	}
	err = r.authority.DeleteToken(ctx, by, token.ID(id))
	return err == nil, err
}

func (r *Resolver) list(ctx context.Context, q token.Query) (authority.TokenPage, error) {
	by, err := authn.Actor(ctx)
	if err != nil {
		return authority.TokenPage{}, err
	}
	return r.authority.Tokens(by, q)
}
