package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/authn"
	"tokenscale/fault"
)

// stateKey is where the error presenter leaves the sentences about inputs, in
// the extensions of an error. LogScale's clients read them beside the message;
// this transport moves them there.
const stateKey = "state"

// transport speaks GraphQL over HTTP, by POST only, so that nothing is changed or
// cached by following a link.
//
// gqlgen's own POST transport reads bodies without a limit, repeats a body it
// cannot read in its answer, where a pasted token would end up in a log, and
// cannot say state. Add this one last: it answers whatever no other takes.
type transport struct {
	known graphql.Cache[*ast.QueryDocument] // documents that were validated before
	queue *queue                            // where the others wait for it
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
	params, bad := read(w, r)
	if bad != nil {
		bad.write(w)
		return
	}
	authn.RequestOf(r.Context()).Operation = operationName(params, r.URL)
	ctx, bad := withIdempotencyKey(r.Context(), r.Header)
	if bad != nil {
		bad.write(w)
		return
	}
	op, errs, bad := t.operation(ctx, exec, params)
	if bad != nil {
		bad.write(w)
		return
	}
	if errs != nil {
		writeResponse(w, kind, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs))
		return
	}
	if op.Operation.Operation == ast.Query {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, maxQueryTime)
		defer end()
	}
	responses, ctx := exec.DispatchOperation(ctx, op)
	writeResponse(w, kind, responses(ctx))
}

// maxQueryTime is how long a query may read. A mutation has no such end: a change
// of the policies answers when all tokens are done, and all others are short.
const maxQueryTime = 5 * time.Second

// operation reads and validates what a request asks for. A document that is
// known costs one look; others take turns, and are refused if there are too
// many.
func (t transport) operation(ctx context.Context, exec graphql.GraphExecutor, p *graphql.RawParams) (*graphql.OperationContext, gqlerror.List, *refusal) {
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
	return op, errs, nil
}

// The media types of an answer. Newer clients ask for the first; it lets an
// HTTP status say that the request itself was refused. With the second, which
// is what LogScale's clients get, every answer to a request we could read is 200.
const (
	responseType = "application/graphql-response+json"
	jsonType     = "application/json"
)

// answerType chooses between the two by the Accept header. Who does not ask
// for the first by name, or asks for neither, gets plain JSON: clients written
// for LogScale take any other status than 200 for the end of everything.
func answerType(accept []string) string {
	best, chosen := 0.0, jsonType
	if len(accept) == 0 || len(accept) == 1 && accept[0] == jsonType {
		return jsonType // as most clients do
	}
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, attributes, err := mime.ParseMediaType(part)
		if err != nil || attributes["charset"] != "" && !strings.EqualFold(attributes["charset"], "utf-8") {
			continue
		}
		weight, err := strconv.ParseFloat(attributes["q"], 64)
		if attributes["q"] == "" || err != nil {
			weight = 1
		}
		switch kind {
		case "*/*", "application/*":
			kind = jsonType
		case jsonType, responseType:
		default:
			continue
		}
		if weight > best || weight == best && kind == responseType {
			best, chosen = weight, kind
		}
	}
	return chosen
}

// operationName returns what the client calls its request: LogScale's clients
// say it in the address.
func operationName(params *graphql.RawParams, address *url.URL) string {
	if address.RawQuery == "" {
		return loggable(params.OperationName)
	}
	return loggable(params.OperationName, address.Query().Get("id"))
}

// loggable returns the first of the names that may stand in the log: a name of
// GraphQL, and shorter than the secret half of a token, so that a token pasted
// into the wrong place is not written down.
func loggable(names ...string) string {
	for _, name := range names {
		if isName(name) && len(name) < 44 {
			return name
		}
	}
	return ""
}

// isName reports whether s is a Name as GraphQL defines it.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// A wireError is an error as clients see it.
type wireError struct {
	Message    string              `json:"message"`
	Path       ast.Path            `json:"path,omitempty"`
	Locations  []gqlerror.Location `json:"locations,omitempty"`
	State      any                 `json:"state,omitempty"`
	Extensions map[string]any      `json:"extensions,omitempty"`
}

func wireErrors(errs gqlerror.List) []wireError {
	out := make([]wireError, len(errs))
	for i, e := range errs {
		out[i] = wireError{Message: e.Message, Path: e.Path, Locations: e.Locations, Extensions: e.Extensions}
		if state, ok := e.Extensions[stateKey]; ok {
			out[i].State = state
			out[i].Extensions = maps.Clone(e.Extensions)
			delete(out[i].Extensions, stateKey)
		}
	}
	return out
}

// writeResponse writes what came of a request that we could read. An answer
// without data means that nothing was executed. There is none at all if the
// request was given up; whoever still listens may try again.
func writeResponse(w http.ResponseWriter, kind string, resp *graphql.Response) {
	if resp == nil {
		givenUp.write(w)
		return
	}
	start, end := []byte("{"), after(resp)
	if resp.Data != nil {
		start = []byte(`{"data":`)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(start)+len(resp.Data)+len(end)))
	if resp.Data == nil && kind == responseType {
		w.WriteHeader(http.StatusBadRequest)
	}
	w.Write(start)
	w.Write(resp.Data) // as it is: encoding/json would read all of it again
	w.Write(end)
}

// after returns what an answer says behind its data, to the closing brace.
func after(resp *graphql.Response) []byte {
	var b bytes.Buffer
	if len(resp.Errors) > 0 {
		writeMember(&b, "errors", wireErrors(resp.Errors))
	}
	if len(resp.Extensions) > 0 {
		writeMember(&b, "extensions", resp.Extensions)
	}
	b.WriteByte('}')
	if resp.Data == nil {
		return bytes.TrimPrefix(b.Bytes(), []byte(","))
	}
	return b.Bytes()
}

func writeMember(b *bytes.Buffer, name string, value any) {
	if text, err := json.Marshal(value); err == nil {
		b.WriteString(`,"` + name + `":`)
		b.Write(text)
	}
}

// A refusal is the answer to a request that we could not read. It repeats
// nothing of the request: somebody may have pasted a token into it.
type refusal struct {
	status  int
	code    fault.Code
	message string
}

var (
	givenUp = refusal{http.StatusServiceUnavailable, fault.Unavailable, "the request was given up before it was answered"}
	busy    = refusal{http.StatusServiceUnavailable, fault.Unavailable, "the server has too many new queries to read; try again in a second, and put what differs between requests into variables: a query that was read before does not wait"}
)

func (f refusal) write(w http.ResponseWriter) {
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	text, _ := json.Marshal(map[string]any{"errors": []wireError{{
		Message: f.message, Extensions: map[string]any{"code": f.code},
	}}})
	w.WriteHeader(f.status)
	w.Write(text)
}
