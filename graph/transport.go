package graph

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
)

// transport speaks GraphQL over HTTP, by POST, and queries also by GET.
//
// gqlgen's own POST transport reads bodies without a limit, repeats a body it
// cannot read in its answer, where a pasted token would end up in a log, and
// cannot say state. Add this one last: it answers whatever no other takes.
type transport struct {
	known     graphql.Cache[*ast.QueryDocument] // documents that were validated before
	queue     *queue                            // where the others wait for it
	onRefused func(context.Context)

	budget       *budget // of all answers
	turns        *turns
	packer       packer
	beforeChange func(http.ResponseWriter)
}

var _ graphql.Transport = transport{}

// Supports implements graphql.Transport.
func (transport) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (t transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	kind := answerType(r.Header.Values("Accept"))
	h.Set("Content-Type", kind+"; charset=utf-8")
	in := t.meter(r.Context())
	defer in.settle(0)
	r.Body = &meteredBody{ReadCloser: r.Body, meter: in}
	op, ctx, refuse := t.prepare(w, r, exec, kind, in)
	if refuse != nil {
		if t.onRefused != nil {
			t.onRefused(r.Context())
		}
		refuse()
		return
	}
	if op.Operation.Operation == ast.Query {
		t.ask(ctx, w, r, kind, exec, op)
		return
	}
	t.change(ctx, w, kind, exec, op)
}

// prepare reads and validates a request, whose memory in counts. If it cannot be carried out, the
// function returned last answers it; that one keeps nothing of the request.
func (t transport) prepare(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, kind string, in *meter) (*graphql.OperationContext, context.Context, func()) {
	params, bad := read(w, r, in)
	if bad != nil {
		return nil, nil, func() { bad.write(w) }
	}
	authn.RequestOf(r.Context()).Operation = operationName(params, r.URL)
	ctx := r.Context()
	if _, bad := idempotencyKey(r.Header); bad != nil {
		return nil, nil, func() { bad.write(w) }
	}
	op, errs, bad := t.operation(ctx, exec, params)
	if bad != nil {
		return nil, nil, func() { bad.write(w) }
	}
	if errs != nil {
		response := exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		noteAnswer(authn.RequestOf(ctx), "", response)
		return nil, nil, func() { writeResponse(w, kind, response) }
	}
	if bad := byLink(r, op.Operation.Operation); bad != nil {
		return nil, nil, func() { bad.write(w) }
	}
	return op, ctx, nil
}

// noteAnswer keeps for the metrics what was asked for, if that was carried out,
// and how it ended.
func noteAnswer(req *authn.Request, kind ast.Operation, resp *graphql.Response) {
	req.Kind = string(kind)
	if resp != nil && len(resp.Errors) > 0 {
		req.Code = fmt.Sprint(resp.Errors[0].Extensions["code"])
	}
}

// byLink refuses what must not come of following a link: a change, and anything
// in the name of a session, whose cookie a browser sends along with every link.
func byLink(r *http.Request, kind ast.Operation) *refusal {
	switch {
	case r.Method == http.MethodPost:
		return nil
	case kind != ast.Query:
		return &noChange
	case r.Header.Get("Authorization") == "":
		return &noCookie
	}
	return nil
}

// maxQueryTime is how long a query may read. A mutation has no such end: a change
// of the policies answers when all tokens are done, and all others are short.
const maxQueryTime = 5 * time.Second

// operation reads and validates what a request asks for. A document that is
// known costs one look; others take turns, and are refused if there are too
// many.
func (t transport) operation(ctx context.Context, exec graphql.GraphExecutor, p *graphql.RawParams) (*graphql.OperationContext, gqlerror.List, *refusal) {
	if p.Query == "" {
		return &graphql.OperationContext{}, gqlerror.List{gqlerror.Wrap(notPersisted)}, nil
	}
	if _, ok := t.known.Get(ctx, p.Query); !ok {
		by, _ := authn.Actor(ctx) // all who have no name share a line
		leave, bad := t.queue.enter(ctx, by.ID)
		if bad != nil {
			return nil, nil, bad
		}
		defer leave()
		if f := measure(p.Query); f != nil {
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
