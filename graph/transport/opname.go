package transport

import (
	"net/url"

	"github.com/99designs/gqlgen/graphql"
)

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
