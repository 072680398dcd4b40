package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
)

const internalMessage = "something went wrong on our side"

// present is the one place where errors become GraphQL.
//
// Three kinds arrive here: complaints of the GraphQL library about the query
// itself, which go through untouched; refusals, shown word for word with
// their code; and everything else, which is logged and hidden.
func present(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		if errcode.GetErrorKind(gqlerror.List{shown}) == errcode.KindProtocol {
			return shown
		}
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			f = unexpected(ctx, log, shown.Path, err)
		}
		f = aboutInput(f, shown.Path)
		shown.Message = f.Message // not the text wrapped around it
		shown.Extensions = map[string]any{"code": f.Code}
		if len(f.State) > 0 {
			shown.Extensions[stateKey] = f.State
		}
		if f.Code == fault.Internal {
			shown.Extensions["requestId"] = authn.RequestOf(ctx).ID
		}
		return shown
	}
}

// unexpected logs what the client is not shown.
func unexpected(ctx context.Context, log *slog.Logger, path ast.Path, err error) *fault.Error {
	log.ErrorContext(ctx, "a request failed", "path", path.String(), "requestId", authn.RequestOf(ctx).ID, "err", err)
	return fault.New(fault.Internal, internalMessage)
}

// aboutInput completes the refusal of a value that could not even be read.
// What refused it did not know which input it was; the path does.
func aboutInput(f *fault.Error, path ast.Path) *fault.Error {
	if f.Code != fault.Invalid || f.State != nil {
		return f
	}
	for i := len(path) - 1; i > 0; i-- {
		if name, ok := path[i].(ast.PathName); ok {
			return fault.Input(string(name), "%s", f.Message)
		}
	}
	return f
}

// recovered turns a panic into an error with its stack, for the log.
func recovered(_ context.Context, cause any) error {
	return fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
}
