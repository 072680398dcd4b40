// Package manual shows the documents of docs in a browser: those of the version that runs. They are
// turned into HTML when the first of them is asked for, and need no credential: nothing in them is
// secret, and who cannot sign in needs them most.
package manual

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"tokenscale/ui"
)

// Path is where the manual stands. Its first page leads to the others.
const Path = "/docs/"

//go:embed manual.css
var styles []byte

// served is one answer: a document, or a file that one leads to.
type served struct {
	body        []byte
	contentType string
	etag        string
}

// New returns the manual made of files: each `name.md` as a page at Path + "name", and every file
// as it is at its own name. It is safe for concurrent use.
func New(files fs.FS) http.Handler {
	known := sync.OnceValues(func() (map[string]served, error) { return makeAll(files) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ui.SetDocumentHeaders(w.Header())
		all, err := known()
		if err != nil {
			http.Error(w, "The manual of this server cannot be read.", http.StatusInternalServerError)
			return
		}
		found, ok := all[strings.TrimPrefix(r.URL.Path, Path)]
		if !ok {
			http.Error(w, "The manual has nothing at this address.", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", found.contentType)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", found.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(found.body))
	})
}

// makeAll makes every answer, by what follows Path in its address.
func makeAll(files fs.FS) (map[string]served, error) {
	plain := map[string][]byte{}
	names, err := fs.Glob(files, "*")
	for _, name := range names {
		if err == nil {
			plain[name], err = fs.ReadFile(files, name)
		}
	}
	if err != nil {
		return nil, err
	}
	pages, err := render(plain)
	if err != nil {
		return nil, err
	}
	all := map[string]served{"manual.css": answer(styles, "text/css; charset=utf-8")}
	for name, body := range plain {
		all[name] = answer(body, contentTypes[path.Ext(name)])
	}
	for name, body := range pages {
		all[name] = answer(body, "text/html; charset=utf-8")
	}
	return all, nil
}

var contentTypes = map[string]string{
	".md":   "text/plain; charset=utf-8",
	".toml": "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
}

func answer(body []byte, contentType string) served {
	sum := sha256.Sum256(body)
	return served{body, contentType, `"` + hex.EncodeToString(sum[:12]) + `"`}
}
