package web

import (
	"net/http"
	"path"
	"strings"

	"tokenscale/token"
)

// A proxy may have put something in front of all our paths, which we do not
// know. So a redirect says where to go from where the browser is, and never
// from the root of the host.

// redirectTo leads from wherever a request came to one of our paths.
func redirectTo(target string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		redirect(w, r, target, http.StatusFound)
	})
}

// redirect answers with target, a path of ours that may have a query, as it is
// found from the path of r.
func redirect(w http.ResponseWriter, r *http.Request, target string, status int) {
	up := strings.Repeat("../", max(0, strings.Count(r.URL.EscapedPath(), "/")-1))
	if up == "" {
		up = "./"
	}
	w.Header().Set("Location", up+strings.TrimPrefix(target, "/"))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
}

// tidied leads a request by a path with two slashes, or with dots, to the path
// that is meant. The mux would do so from the root of the host.
func tidied(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		has := r.URL.EscapedPath()
		if !strings.HasPrefix(has, "/") {
			next.ServeHTTP(w, r)
			return
		}
		want := path.Clean(has)
		if strings.HasSuffix(has, "/") && want != "/" {
			want += "/"
		}
		if want == has {
			next.ServeHTTP(w, r)
			return
		}
		if r.URL.RawQuery != "" {
			want += "?" + r.URL.RawQuery
		}
		// It would go into one more address, and the log of a proxy.
		if token.FindLeak(want) != token.NoLeak {
			nothingThere(w, r)
			return
		}
		redirect(w, r, want, http.StatusTemporaryRedirect)
	})
}

// browsersToExplorer leads a person who opens the address of the API in a
// browser to where it can be explored. A program whose library says by itself
// that it likes HTML, as Java's does, is told by its credential.
func browsersToExplorer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		program := r.Header.Get("Authorization") != "" && r.URL.RawQuery != ""
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if reads && !program && strings.Contains(r.Header.Get("Accept"), "text/html") {
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
