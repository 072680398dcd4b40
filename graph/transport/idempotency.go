package transport

import (
	"net/http"
	"strings"
)

// KeyHeader is the header of draft-ietf-httpapi-idempotency-key-header. A
// client that sends a change again, because the answer was lost, sends the
// same key.
const KeyHeader = "Idempotency-Key"

// maxKey is how many characters a key may have.
const maxKey = 128

// IdempotencyKey returns the key that a request came with, or "" if it has none. A request with a
// bad one does not come through the transport.
func IdempotencyKey(h http.Header) string {
	key, _ := readKey(h)
	return key
}

// readKey returns the key that a request came with, or "". The refusals do not repeat it:
// it may be anything, pasted.
func readKey(h http.Header) (string, *refusal) {
	lines := h.Values(KeyHeader)
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
