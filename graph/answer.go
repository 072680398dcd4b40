package graph

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/token"
)

// crowded answers who asks for more than there is room for beside the answers
// that are being put together, or are not read yet.
var crowded = refusal{http.StatusServiceUnavailable, fault.Unavailable, "the server is busy with answers that are large or not read yet, and nothing was done; try again in a second, or ask for smaller pages"}

// ask carries out a query and writes its answer: compressed, if its client
// likes that, as no query is answered with a secret.
func (t transport) ask(ctx context.Context, w http.ResponseWriter, r *http.Request, kind string, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	ctx, end := context.WithTimeout(ctx, maxQueryTime)
	defer end()
	m := t.meter(ctx)
	defer m.settle(0)
	resp := t.carryOut(withMeter(ctx, m), exec, op, m.who)
	if resp == nil {
		givenUp.write(w)
		return
	}
	body := pieces(resp)
	switch {
	case m.cause.Load() == stoppedNoRoom || !m.hold(length(body)):
		crowded.write(w)
		return
	case m.stopped() || length(body) > t.budget.largest():
		resp = tooLarge(ctx, exec, t.budget.largest())
		body = pieces(resp)
	}
	if length(body) >= leastPacked {
		w.Header().Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			w.Header().Set("Content-Encoding", "gzip")
			body = [][]byte{t.packer.pack(body)}
		}
	}
	m.settle(length(body))
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
func (t transport) change(ctx context.Context, w http.ResponseWriter, kind string, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	m := t.meter(ctx)
	defer m.settle(0)
	if !m.hold(int64(texts(op.Operation.SelectionSet)) * longestText) {
		crowded.write(w)
		return
	}
	if t.beforeChange != nil {
		t.beforeChange(w)
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	noteAnswer(authn.RequestOf(ctx), ast.Mutation, resp)
	writeResponse(w, kind, resp)
}

// meter returns a meter for an answer to the caller. Whoever asks for one has
// it settle in the end.
func (t transport) meter(ctx context.Context) *meter {
	by, _ := authn.Actor(ctx)
	return &meter{budget: t.budget, who: by.ID}
}

// tooLarge returns the answer in the place of one that is longer than most.
func tooLarge(ctx context.Context, exec graphql.GraphExecutor, most int64) *graphql.Response {
	resp := exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(fault.New(fault.TooLarge,
		"The answer would hold more than %d MiB, which is the most. Ask for less at a time: smaller pages (skip and limit), fewer aliases, or no text of IP filters (ipFilter).", most>>20))})
	resp.Data = []byte("null") // it was carried out
	return resp
}
