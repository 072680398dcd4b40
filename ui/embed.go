//go:build !no_ui

package ui

import (
	"embed"
	"io/fs"
	"net/http"
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
