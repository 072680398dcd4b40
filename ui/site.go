//go:build !no_ui

package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// site serves one build. Its files are known when it is made, so a request is a look-up in a map
// and never a path on disk.
type site struct {
	base    string
	policy  string
	isRoute func(path string) bool
	known   func(path string) bool // unless nil, those of the routes at which there is something
	files   map[string]*file
	index   *file
}

// file is one file of a build, in the form it is stored: packed for all that packing helps.
type file struct {
	body        []byte
	packed      bool
	contentType string
	etag        string
	immutable   bool
}

// contentTypes names the types that differ from one system's mime table to the next.
var contentTypes = map[string]string{
	".js":    "text/javascript; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".ttf":   "font/ttf",
	".woff2": "font/woff2",
}

func newSite(dir fs.FS, s site) (http.Handler, error) {
	s.files = make(map[string]*file)
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		plain, packed := strings.CutSuffix(name, ".gz")
		sum := sha256.Sum256(body)
		contentType := contentTypes[path.Ext(plain)]
		if contentType == "" {
			contentType = mime.TypeByExtension(path.Ext(plain))
		}
		s.files[plain] = &file{
			body:        body,
			packed:      packed,
			contentType: contentType,
			etag:        `"` + hex.EncodeToString(sum[:12]) + `"`,
			immutable:   strings.HasPrefix(plain, "assets/"),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the built page: %w", err)
	}
	if s.index = s.files["index.html"]; s.index == nil {
		return nil, fmt.Errorf("the built page has no index.html")
	}
	return &s, nil
}

// ServeHTTP answers with a file, with the document for a route of the page, or with 404.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header(), s.policy)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	name, inside := strings.CutPrefix(r.URL.Path, s.base)
	f, status := s.files[name], http.StatusOK
	if f == nil || !inside {
		if !s.isRoute(r.URL.Path) {
			http.Error(w, "There is nothing at this address.", http.StatusNotFound)
			return
		}
		f = s.index
		if s.known != nil && !s.known(r.URL.Path) {
			status = http.StatusNotFound
		}
	}
	if f == s.index {
		f = f.below(s.base, r.URL.EscapedPath())
	}
	f.serve(w, r, status)
}

// below returns the document f of a build at base with its addresses as they are seen from path. A
// proxy may have put something in front of all paths that neither the build nor the server knows,
// so addresses are relative; and what they are relative to is the path that the browser has, not
// where the document lies.
func (f *file) below(base, path string) *file {
	up := strings.Repeat("../", max(0, strings.Count(path, "/")-1))
	if up == "" {
		up = "./"
	}
	here := *f
	here.body = []byte(strings.NewReplacer(`="./`, `="`+up+strings.TrimPrefix(base, "/"), `="/`, `="`+up).Replace(string(f.body)))
	here.etag = strings.TrimSuffix(f.etag, `"`) + "-" + strconv.Itoa(len(up)) + `"`
	return &here
}

func (f *file) serve(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	if f.contentType != "" {
		h.Set("Content-Type", f.contentType)
	}
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body, etag, err := f.form(h, r)
	if err != nil {
		http.Error(w, "This file of the page cannot be read.", http.StatusInternalServerError)
		return
	}
	h.Set("ETag", etag)
	if status == http.StatusOK && matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	// A write that fails means that the browser went away; there is nobody left to tell.
	_, _ = w.Write(body)
}

// form chooses between the packed and the plain form of a file by what the browser accepts, and
// says so in h.
func (f *file) form(h http.Header, r *http.Request) (body []byte, etag string, err error) {
	if !f.packed {
		return f.body, f.etag, nil
	}
	h.Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		return f.body, f.etag, nil
	}
	plain, err := unpack(f.body)
	return plain, strings.TrimSuffix(f.etag, `"`) + `-plain"`, err
}

// isPageRoute says whether a path may be a route of the page: anything that does not look like a
// file and does not belong to the API or the documentation.
func isPageRoute(p string) bool {
	for _, foreign := range []string{"/api/", "/docs/", "/assets/"} {
		if strings.HasPrefix(p, foreign) {
			return false
		}
	}
	return !strings.Contains(path.Base(p), ".")
}

// pageRoutes are the addresses at which the page shows something. At any other that may be a route
// it says that there is nothing, and so does the status: a proxy that asks a misspelt address about
// a caller, or whether we are alive, must not take the page for a yes.
var pageRoutes = []string{"/", "/sign-in", "/tokens", "/tokens/*", "/ip-filters", "/ip-filters/*", "/security-policies", "/audit-log"}

func isKnownPage(p string) bool {
	if p != "/" {
		p = strings.TrimSuffix(p, "/")
	}
	return slices.ContainsFunc(pageRoutes, func(route string) bool {
		known, err := path.Match(route, p)
		return known && err == nil
	})
}

func isExplorerRoute(p string) bool {
	return p == "/docs/api-explorer" || p == "/docs/api-explorer/"
}

// acceptsGzip reads Accept-Encoding: gzip or `*`, unless it is given the weight nought.
func acceptsGzip(headers []string) bool {
	for _, part := range strings.Split(strings.Join(headers, ","), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		if !found {
			return true
		}
		value, err := strconv.ParseFloat(q, 64)
		return err == nil && value > 0
	}
	return false
}

func matches(ifNoneMatch, etag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == etag {
			return true
		}
	}
	return false
}

func unpack(body []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
