package transport

import (
	"context"
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/graph/budget"
	"tokenscale/token"
)

// Options are what a transport works with. All but the functions called On and Before are needed.
type Options struct {
	// Known holds the documents that were validated before; a document that is not in it waits for
	// its turn. It must be safe for concurrent use.
	Known graphql.Cache[*ast.QueryDocument]

	// Measure says which limit a document exceeds, or returns nil. It is called before a document
	// that is new is validated.
	Measure func(query string) *fault.Error

	// ChangeSize returns how long the answer to a mutation may be, in bytes. There must be room for
	// it before anything is changed.
	ChangeSize func(*ast.OperationDefinition) int64

	// Budget is what the memory of requests and answers is taken from.
	Budget *budget.Budget

	// BeforeQuery, unless nil, is called before a query is carried out. Its error is the answer:
	// this node cannot find out what there is to tell.
	BeforeQuery func(context.Context) error

	// OnRefused, unless nil, is called before the answer to a request that is not carried out: its
	// body, document or variables are bad, or too many wait. The answer waits until it returns.
	OnRefused func(context.Context)

	// BeforeChange, unless nil, is called before a mutation is carried out, which may take long.
	// The answer is written when it is done.
	BeforeChange func(http.ResponseWriter)
}

// A transport speaks GraphQL over HTTP, by POST, and queries also by GET.
//
// gqlgen's own POST transport reads bodies without a limit, repeats a body it
// cannot read in its answer, where a pasted token would end up in a log, and
// cannot say state.
type transport struct {
	Options
	queue  *queue // where documents that are not known wait to be validated
	turns  *turns
	packer packer
}

// New returns a transport for a gqlgen server. Add it last: it answers whatever no other takes. The
// context of a request says who asks (authn.Actor). It is safe for concurrent use.
func New(o Options) graphql.Transport {
	return transport{Options: o, queue: newQueue(), turns: newTurns(), packer: newPacker()}
}

// Supports implements graphql.Transport.
func (transport) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (t transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	kind := answerType(r.Header.Values("Accept"))
	h.Set("Content-Type", kind+"; charset=utf-8")
	in := t.Budget.Meter(asker(r.Context()))
	defer in.Settle(0)
	r.Body = in.Body(r.Body)
	op, ctx, refuse := t.prepare(w, r, exec, kind, in)
	if refuse != nil {
		if t.OnRefused != nil {
			t.OnRefused(r.Context())
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
func (t transport) prepare(
	w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, kind string, in *budget.Meter,
) (*graphql.OperationContext, context.Context, func()) {
	params, bad := read(w, r, in)
	if bad != nil {
		return nil, nil, func() { bad.write(w) }
	}
	authn.RequestOf(r.Context()).Operation = operationName(params, r.URL)
	ctx := r.Context()
	if _, bad := readKey(r.Header); bad != nil {
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

// asker returns who asks. All who have no name are one.
func asker(ctx context.Context) token.ID {
	by, _ := authn.Actor(ctx)
	return by.ID
}
