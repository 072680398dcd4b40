package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/graph/budget"
	"tokenscale/token"
)

// maxQueryTime is how long a query may read. A mutation has no such end: a change
// of the policies answers when all tokens are done, and all others are short.
const maxQueryTime = 5 * time.Second

// ask carries out a query and writes its answer: compressed, if its client
// likes that, as no query is answered with a secret.
func (t transport) ask(
	ctx context.Context, w http.ResponseWriter, r *http.Request, kind string,
	exec graphql.GraphExecutor, op *graphql.OperationContext,
) {
	ctx, end := context.WithTimeout(ctx, maxQueryTime)
	defer end()
	if t.BeforeQuery != nil {
		if err := t.BeforeQuery(ctx); err != nil {
			refusal{http.StatusServiceUnavailable, fault.CodeOf(err), err.Error()}.write(w)
			return
		}
	}
	who := asker(ctx)
	m := t.Budget.Meter(who)
	defer m.Settle(0)
	resp := t.carryOut(budget.With(ctx, m), exec, op, who)
	if resp == nil {
		givenUp.write(w)
		return
	}
	body := pieces(resp)
	switch {
	case errors.Is(m.Err(), budget.ErrNoRoom) || !m.Hold(length(body)):
		crowded.write(w)
		return
	case m.Err() != nil || length(body) > t.Budget.Largest():
		resp = tooLarge(ctx, exec, t.Budget.Largest())
		body = pieces(resp)
	}
	if length(body) >= leastPacked {
		w.Header().Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			w.Header().Set("Content-Encoding", "gzip")
			body = [][]byte{t.packer.pack(body)}
		}
	}
	m.Settle(length(body))
	noteAnswer(authn.RequestOf(ctx), ast.Query, resp)
	deliver(w, kind, resp.Data != nil, body)
}

// carryOut returns what came of a query, or nil if ctx ended before.
func (t transport) carryOut(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, who token.ID) *graphql.Response {
	if !t.turns.wait(ctx, who) {
		return nil
	}
	defer t.turns.done(who)
	responses, ctx := exec.DispatchOperation(ctx, op)
	return responses(ctx)
}

// change carries out a mutation. Room for its answer is there before: once
// something was changed, the caller is told, and a new token string is handed
// over.
func (t transport) change(
	ctx context.Context, w http.ResponseWriter, kind string, exec graphql.GraphExecutor, op *graphql.OperationContext,
) {
	m := t.Budget.Meter(asker(ctx))
	defer m.Settle(0)
	if !m.Hold(t.ChangeSize(op.Operation)) {
		crowded.write(w)
		return
	}
	if t.BeforeChange != nil {
		t.BeforeChange(w)
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	noteAnswer(authn.RequestOf(ctx), ast.Mutation, resp)
	writeResponse(w, kind, resp)
}

// tooLarge returns the answer in the place of one that is longer than most.
func tooLarge(ctx context.Context, exec graphql.GraphExecutor, most int64) *graphql.Response {
	resp := exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(fault.New(fault.TooLarge,
		"The answer would hold more than %d MiB, which is the most. Ask for less at a time: smaller pages (skip and limit), fewer aliases, or no text of IP filters (ipFilter).", most>>20))})
	resp.Data = []byte("null") // it was carried out
	return resp
}
