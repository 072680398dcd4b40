package app

import (
	"net/http"
	"strings"
)

// browsersToExplorer leads a person who opens the address of the API in a
// browser to where it can be explored. A program whose library says by itself
// that it likes HTML, as Java's does, is told by its credential.
func browsersToExplorer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		program := r.Header.Get("Authorization") != "" && r.URL.RawQuery != ""
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && !program && strings.Contains(r.Header.Get("Accept"), "text/html") {
			redirect(w, r, explorerPath, http.StatusFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// nothingThere answers where programs ask for what there is not. The page would
// answer them with a document that they cannot read.
func nothingThere(w http.ResponseWriter, _ *http.Request) {
	text(w, http.StatusNotFound, "There is nothing at this address.")
}
