package transport

import (
	"encoding/json"
	"net/http"

	"tokenscale/fault"
)

// A refusal is the answer to a request that we could not read. It repeats
// nothing of the request: somebody may have pasted a token into it.
type refusal struct {
	status  int
	code    fault.Code
	message string
}

var (
	noChange = refusal{http.StatusMethodNotAllowed, fault.Invalid, "a mutation is asked by POST; GET carries queries only"}
	noCookie = refusal{http.StatusUnauthorized, fault.Unauthenticated, "a query by GET needs an Authorization header; a session of the page asks by POST"}
	givenUp  = refusal{http.StatusServiceUnavailable, fault.Unavailable, "the request was given up before it was answered"}
	busy     = refusal{http.StatusServiceUnavailable, fault.Unavailable, "the server has too many new queries to read; try again in a second, and put what differs between requests into variables: a query that was read before does not wait"}
)

// crowded answers who asks for more than there is room for beside the answers
// that are being put together, or are not read yet.
var crowded = refusal{http.StatusServiceUnavailable, fault.Unavailable, "the server is busy with answers that are large or not read yet, and nothing was done; try again in a second, or ask for smaller pages"}

// tooMany answers a caller who has too many requests under way.
var tooMany = refusal{http.StatusTooManyRequests, fault.Unavailable, "this token has too many requests under way, and nothing was done; wait for some answers, and read them, before asking more"}

var tooManyValues = refusal{http.StatusRequestEntityTooLarge, fault.Invalid, "the request holds more than 10,000 values; send fewer at a time"}

func malformed(message string) *refusal {
	return &refusal{http.StatusBadRequest, fault.Invalid, message}
}

func (f refusal) write(w http.ResponseWriter) {
	switch f {
	case noChange:
		w.Header().Set("Allow", "POST")
	case noCookie:
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if f.status == http.StatusServiceUnavailable || f.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	text, _ := json.Marshal(map[string]any{"errors": []wireError{{
		Message: f.message, Extensions: map[string]any{"code": f.code},
	}}})
	w.WriteHeader(f.status)
	w.Write(text)
}
