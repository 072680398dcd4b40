//go:build no_ui

package ui

import (
	"io"
	"net/http"
)

// Page serves a line that says that this binary has no page.
func Page() (http.Handler, error) { return absent(pagePolicy), nil }

// Explorer serves the same line as Page.
func Explorer() (http.Handler, error) { return absent(explorerPolicy), nil }

// Head returns nothing: there are no styles that a document could share.
func Head(string) string { return "" }

func absent(policy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurityHeaders(w.Header(), policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		if r.URL.Path != "/" && r.URL.Path != "/docs/api-explorer" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "<!doctype html><html lang=\"en\"><title>tokenscale</title>"+
			"<p>This binary was built without the page (build tag <code>no_ui</code>). The API answers at <code>/graphql</code>.</p></html>\n")
	})
}
