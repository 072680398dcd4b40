package transport

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// StateKey is where the error presenter leaves the sentences about inputs, in
// the extensions of an error. LogScale's clients read them beside the message;
// this transport moves them there.
const StateKey = "state"

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
		if state, ok := e.Extensions[StateKey]; ok {
			out[i].State = state
			out[i].Extensions = maps.Clone(e.Extensions)
			delete(out[i].Extensions, StateKey)
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
	deliver(w, kind, resp.Data != nil, pieces(resp))
}

// pieces returns an answer as it is written. The data is as it is:
// encoding/json would read all of it again.
func pieces(resp *graphql.Response) [][]byte {
	start := []byte("{")
	if resp.Data != nil {
		start = []byte(`{"data":`)
	}
	return [][]byte{start, resp.Data, after(resp)}
}

// length returns how many bytes there are in pieces.
func length(pieces [][]byte) (n int64) {
	for _, b := range pieces {
		n += int64(len(b))
	}
	return n
}

// deliver writes an answer. Whether something was executed decides about the
// status.
func deliver(w http.ResponseWriter, kind string, executed bool, body [][]byte) {
	w.Header().Set("Content-Length", strconv.FormatInt(length(body), 10))
	if !executed && kind == responseType {
		w.WriteHeader(http.StatusBadRequest)
	}
	for _, b := range body {
		if _, err := w.Write(b); err != nil {
			return // its client has gone
		}
	}
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
