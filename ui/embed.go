//go:build !no_ui

package ui

import (
	"embed"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
)

// dist is what `npm run build` makes. It is committed, so that building the server needs no Node.
//
//go:embed all:dist
var dist embed.FS

// Page serves the cluster administration page at `/`: its files, and its one document for every
// path that could be one of its routes.
func Page() (http.Handler, error) {
	sub, err := fs.Sub(dist, "dist/page")
	if err != nil {
		return nil, err
	}
	return newSite(sub, site{base: "/", policy: pagePolicy, isRoute: isPageRoute, known: isKnownPage})
}

// Explorer serves the API explorer at `/docs/api-explorer` and below.
func Explorer() (http.Handler, error) {
	sub, err := fs.Sub(dist, "dist/explorer")
	if err != nil {
		return nil, err
	}
	return newSite(sub, site{base: "/docs/api-explorer/", policy: explorerPolicy, isRoute: isExplorerRoute})
}

// shared finds what a document has in common with the page's: icon, chosen colours, styles.
var shared = regexp.MustCompile(`<(?:meta name="theme-color"|link rel="(?:icon|stylesheet)"|script src=)[^>]*>(?:</script>)?`)

// Head returns what goes into the head of a document of this server that has no script of its own,
// so that it looks like the page: the icon, the colours that the reader has chosen, the styles. The
// files are named as they are found from the document, from which up leads to the root, as "../"
// does.
func Head(up string) string {
	document, err := dist.ReadFile("dist/page/index.html")
	if err != nil {
		return "" // as without a page; Page says why
	}
	return strings.ReplaceAll(strings.Join(shared.FindAllString(string(document), -1), "\n    "), `="./`, `="`+up)
}
