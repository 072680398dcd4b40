package transport

import (
	"mime"
	"strconv"
	"strings"
)

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
		if err != nil || !isUTF8(attributes["charset"]) {
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

// isUTF8 reports whether a character set, if one is named, is UTF-8 under one of
// its names, or US-ASCII under one of its: such text is UTF-8 too. The names are
// those that IANA has, and what clients make of them.
func isUTF8(charset string) bool {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "utf_8", "csutf8", "unicode-1-1-utf-8",
		"us-ascii", "ascii", "us", "csascii", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso646-us", "iso_646.irv:1991", "iso-ir-6", "ibm367", "cp367":
		return true
	}
	return false
}
