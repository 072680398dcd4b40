package graph

import (
	"context"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/fault"
)

// keyHeader is the header of draft-ietf-httpapi-idempotency-key-header. A
// client that sends a change again, because the answer was lost, sends the
// same key.
const keyHeader = "Idempotency-Key"

// maxKey is how many characters a key may have.
const maxKey = 128

// idempotencyKey returns the key that a request came with, or "". The refusals do not repeat it:
// it may be anything, pasted.
func idempotencyKey(h http.Header) (string, *refusal) {
	lines := h.Values(keyHeader)
	switch len(lines) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", malformed("there are several Idempotency-Key headers; send one")
	}
	key, ok := bareKey(lines[0])
	if strings.HasPrefix(lines[0], `"`) {
		key, ok = quotedKey(lines[0])
	}
	if !ok || key == "" || len(key) > maxKey {
		return "", malformed(`the Idempotency-Key must be 1 to 128 printable ASCII characters, in double quotes, or without them if there is no space, comma, semicolon, quote or backslash among them`)
	}
	return key, nil
}

// bareKey reads a key without quotes, as many clients send it. Commas and
// semicolons are refused: a proxy may have made one line of two headers.
func bareKey(line string) (string, bool) {
	for i := range len(line) {
		if c := line[i]; c <= ' ' || c > '~' || strings.IndexByte(`",;\`, c) >= 0 {
			return "", false
		}
	}
	return line, true
}

// quotedKey reads a String of RFC 8941, as the draft has it, without
// parameters.
func quotedKey(line string) (string, bool) {
	var key strings.Builder
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return key.String(), i == len(line)-1
		case c < ' ' || c > '~':
			return "", false
		case c == '\\':
			if i++; i == len(line) || line[i] != '"' && line[i] != '\\' {
				return "", false
			}
			key.WriteByte(line[i])
		default:
			key.WriteByte(c)
		}
	}
	return "", false
}

// oneChange refuses a document with several changes that came with one
// idempotency key: the second answer could not tell which of them were carried
// out.
type oneChange struct{}

var _ graphql.OperationContextMutator = oneChange{}

// ExtensionName implements graphql.HandlerExtension.
func (oneChange) ExtensionName() string { return "OneChange" }

// Validate implements graphql.HandlerExtension.
func (oneChange) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator. It
// changes nothing; it is the first hook that knows the operation.
func (oneChange) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Mutation || op.Headers.Values(keyHeader) == nil {
		return nil
	}
	changes := 0
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"}) {
		if !strings.HasPrefix(f.Name, "__") {
			changes++
		}
	}
	if changes <= 1 {
		return nil
	}
	return gqlerror.Wrap(fault.New(fault.Invalid, "This document makes %d changes and came with one Idempotency-Key, which can stand for only one. Nothing was changed: send each in a request of its own, with a key of its own.", changes))
}
