package transport

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/fault"
)

// operation reads and validates what a request asks for. A document that is
// known costs one look; others take turns, and are refused if there are too
// many.
func (t transport) operation(
	ctx context.Context, exec graphql.GraphExecutor, p *graphql.RawParams,
) (*graphql.OperationContext, gqlerror.List, *refusal) {
	if p.Query == "" {
		return &graphql.OperationContext{}, gqlerror.List{gqlerror.Wrap(notPersisted)}, nil
	}
	if _, ok := t.Known.Get(ctx, p.Query); !ok {
		leave, bad := t.queue.enter(ctx, asker(ctx))
		if bad != nil {
			return nil, nil, bad
		}
		defer leave()
		if f := t.Measure(p.Query); f != nil {
			return &graphql.OperationContext{}, gqlerror.List{gqlerror.Wrap(f)}, nil
		}
	}
	op, errs := exec.CreateOperationContext(ctx, p)
	if errs != nil && op.Doc != nil && op.Operation == nil {
		errs = noOperation(op.Doc, p.OperationName)
	}
	return op, errs, nil
}

// persistedQuery is the extension that holds the hash of a query that was sent
// before. We keep none: a query costs little to send, and a client that is told
// so, in the words of Apollo, sends it, and no hashes any more.
const persistedQuery = "persistedQuery"

var notPersisted = fault.New("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")

// noOperation says that a document does not tell which of its operations is
// meant. The name that was asked for is not repeated: it may be anything, pasted.
func noOperation(doc *ast.QueryDocument, name string) gqlerror.List {
	var names []string
	for _, op := range doc.Operations {
		if op.Name != "" {
			names = append(names, op.Name)
		}
	}
	has := "it has " + strings.Join(names, ", ")
	if len(names) == 0 {
		has = "its only operation has no name"
	}
	err := gqlerror.Errorf("the document has no operation of the name that operationName says; %s", has)
	if name == "" {
		err = gqlerror.Errorf("the document has %d operations, and operationName does not say which to carry out; %s", len(doc.Operations), has)
	}
	errcode.Set(err, errcode.ValidationFailed)
	return gqlerror.List{err}
}
