package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/graph/transport"
	"tokenscale/token"
)

const internalMessage = "something went wrong on our side"

// A presenter is the one place where errors become GraphQL.
//
// Four kinds arrive here: values that are not of the type of their input,
// which are told by the name of the input; other complaints of the GraphQL
// library about the query itself, which go through; refusals, shown word for
// word with their code, our own complaints about a query among them; and
// everything else, which is logged and hidden.
type presenter struct {
	log    *slog.Logger
	inputs inputs
}

func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	shown := graphql.DefaultErrorPresenter(ctx, err)
	f, refused := errors.AsType[*fault.Error](err)
	protocol := errcode.GetErrorKind(gqlerror.List{shown}) == errcode.KindProtocol
	switch path, variable, argument := badInput(ctx, shown.Path); {
	case protocol && variable:
		f, shown.Path = p.inputs.variable(ctx, path), nil
	case protocol && refused:
	case protocol:
		shown.Message = p.inputs.hideSecrets(readable(shown.Message))
		return shown
	case argument:
		f, shown.Path = p.inputs.argument(ctx, path), graphql.GetFieldContext(ctx).Path()
	case !refused:
		f = unexpected(ctx, p.log, shown.Path, err)
	}
	shown.Message = token.Hide(f.Message) // not the text wrapped around it
	shown.Extensions = map[string]any{"code": f.Code}
	for name, value := range f.Extensions {
		shown.Extensions[name] = value
	}
	if len(f.State) > 0 {
		state := make(map[string]string, len(f.State))
		for input, sentence := range f.State {
			state[inputName(input)] = token.Hide(sentence)
		}
		shown.Extensions[transport.StateKey] = state
	}
	if f.Code == fault.Internal {
		shown.Extensions["requestId"] = authn.RequestOf(ctx).ID
	}
	return shown
}

// unreadable takes the place of the library's complaint about what is no word of
// GraphQL, which says only that it found "<Invalid>".
const unreadable = "here stands what GraphQL cannot read: a character that means nothing to it, such as a curly quote or a space of zero width; or a number or a text that is written wrongly, or not to its end"

func readable(complaint string) string {
	if strings.HasSuffix(complaint, "<Invalid>") {
		return unreadable
	}
	return complaint
}

// badInput tells whether the path of an error leads to a value that could not
// be read, and to which: from the name of a variable on, or from the name of
// an argument of a field on. The paths of all other errors end at a field.
func badInput(ctx context.Context, path ast.Path) (input ast.Path, variable, argument bool) {
	if fc := graphql.GetFieldContext(ctx); fc != nil {
		n := len(fc.Path())
		return path[min(n, len(path)):], false, len(path) > n
	}
	if len(path) > 1 && path[0] == ast.PathName("variable") {
		return path[1:], true, false
	}
	return nil, false, false
}

// unexpected logs what the client is not shown.
func unexpected(ctx context.Context, log *slog.Logger, path ast.Path, err error) *fault.Error {
	log.ErrorContext(ctx, "a request failed", "path", path.String(), "requestId", authn.RequestOf(ctx).ID, "err", err)
	return fault.New(fault.Internal, internalMessage)
}

// recovered turns a panic into an error with its stack, for the log.
func recovered(_ context.Context, cause any) error {
	return fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
}
