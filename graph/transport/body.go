package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/fault"
	"tokenscale/graph/budget"
	"tokenscale/ipfilter"
)

// maxBody is the longest request that is read, in bytes. The longest that
// somebody means is an IP filter, of whose text JSON may write each byte with
// six, and what stands around it.
const maxBody = 6*ipfilter.MaxText + 64<<10

// read takes the request apart, or says why it cannot.
func read(w http.ResponseWriter, r *http.Request, m *budget.Meter) (*graphql.RawParams, *refusal) {
	start := graphql.Now()
	params, bad := readMethod(w, r, m)
	if bad != nil {
		return nil, bad
	}
	plainNumbers(params.Variables)
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	return params, nil
}

// readMethod reads what was asked by the method of the request.
func readMethod(w http.ResponseWriter, r *http.Request, m *budget.Meter) (*graphql.RawParams, *refusal) {
	switch r.Method {
	case http.MethodPost:
		return readBody(w, r, m)
	case http.MethodGet, http.MethodHead:
		return readAddress(r.URL.RawQuery, m)
	}
	w.Header().Set("Allow", "GET, HEAD, POST")
	return nil, &refusal{http.StatusMethodNotAllowed, fault.Invalid, "GraphQL is asked by POST, and queries also by GET"}
}

func readBody(w http.ResponseWriter, r *http.Request, m *budget.Meter) (*graphql.RawParams, *refusal) {
	if !isJSON(r.Header) {
		return nil, &refusal{http.StatusUnsupportedMediaType, fault.Invalid, "the body must be application/json in UTF-8, not compressed"}
	}
	tooLarge := &refusal{http.StatusRequestEntityTooLarge, fault.Invalid, "the body is larger than 1600 KiB"}
	if r.ContentLength > maxBody { // there is nothing to wait for
		if r.ProtoMajor < 2 { // later ones end the stream, and not the others on the connection
			w.Header().Set("Connection", "close")
		}
		return nil, tooLarge
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if errors.Is(err, budget.ErrNoRoom) {
		return nil, &crowded
	}
	if err != nil {
		return nil, malformed("the body ended too early")
	}
	if bad := takeApart(m, body); bad != nil {
		return nil, bad
	}
	return parse(body)
}

// readAll reads a body that is said to have so many bytes, or -1. Anybody can
// say so: no more room is made at once than what most requests need.
func readAll(body io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(size, 0), 4<<10)) + bytes.MinRead)
	_, err := b.ReadFrom(body)
	return b.Bytes(), err
}

// isJSON reports whether a header promises a body that we can read. That there
// must be one also keeps out forms of other sites, which cannot promise it.
func isJSON(h http.Header) bool {
	types, codings := h.Values("Content-Type"), h.Values("Content-Encoding")
	if len(types) != 1 || len(codings) > 1 || len(codings) == 1 && !strings.EqualFold(codings[0], "identity") {
		return false
	}
	if types[0] == jsonType {
		return true // as most clients write it
	}
	kind, attributes, err := mime.ParseMediaType(types[0])
	return err == nil && kind == jsonType && isUTF8(attributes["charset"])
}

// parse reads the body. Members are matched by their exact name, which
// encoding/json does not do for structs; of a repeated one the last counts,
// and members we do not know are left alone.
func parse(body []byte) (*graphql.RawParams, *refusal) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return nil, malformed("the body is not UTF-8")
	}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		return nil, malformed("the body holds a list; send one operation at a time")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, malformed("the body is not a JSON object")
	}
	var p graphql.RawParams
	switch {
	case decodeText(members["query"], &p.Query) != nil:
		return nil, malformed(noQuery)
	case decodeText(members["operationName"], &p.OperationName) != nil:
		return nil, malformed(noName)
	case decode(members["variables"], &p.Variables) != nil:
		return nil, malformed("variables must be an object, null or absent")
	case decode(members["extensions"], &p.Extensions) != nil:
		return nil, malformed("extensions must be an object, null or absent")
	}
	return checked(&p)
}

const (
	noQuery = "query must be there, as text"
	noName  = "operationName must be a name, null or absent"
)

// checked returns what was read if it can be a request. A query may be missing
// where there is the hash of one instead.
func checked(p *graphql.RawParams) (*graphql.RawParams, *refusal) {
	switch {
	case p.Query == "" && p.Extensions[persistedQuery] == nil:
		return nil, malformed(noQuery)
	case p.OperationName != "" && !isName(p.OperationName):
		return nil, malformed(noName)
	}
	return p, nil
}

// decodeText reads one member into text, which stays as it is if the member is
// absent or null.
func decodeText(member json.RawMessage, text *string) error {
	if member == nil {
		return nil
	}
	return json.Unmarshal(member, text)
}

// decode reads one member into v, which stays as it is if the member is absent,
// null, or a list of nothing: PHP cannot tell an empty object from that. Numbers
// keep all their digits: a Long has more than a float64 holds.
func decode(member json.RawMessage, v *map[string]any) error {
	if member == nil || isEmptyList(member) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(member))
	d.UseNumber()
	return d.Decode(v)
}

func isEmptyList(member json.RawMessage) bool {
	inside, isList := bytes.CutPrefix(member, []byte("["))
	return isList && bytes.Equal(bytes.TrimLeft(inside, " \t\r\n"), []byte("]"))
}

// takeApart takes of the budget what the values of a text of JSON need, or says why not.
func takeApart(m *budget.Meter, text []byte) *refusal {
	switch err := m.TakeApart(text); {
	case errors.Is(err, budget.ErrTooManyValues):
		return &tooManyValues
	case err != nil:
		return &crowded
	}
	return nil
}
