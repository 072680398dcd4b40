//go:build !no_ui

package ui

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, h http.Handler, method, target string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func page(t *testing.T) http.Handler {
	t.Helper()
	h, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestRoutesOfThePageGetItsDocument(t *testing.T) {
	h := page(t)
	for _, target := range []string{"/", "/sign-in", "/tokens", "/tokens/new", "/tokens/", "/tokens/abc?x=1", "/ip-filters", "/ip-filters/abc", "/security-policies", "/audit-log"} {
		res := get(t, h, http.MethodGet, target, nil)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", target, res.StatusCode, res.Header.Get("Content-Type"))
		}
		if got := res.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", target, got)
		}
		if got := body(t, res.Body); !strings.Contains(got, `<div id="root">`) {
			t.Errorf("%s: not the document: %.80s", target, got)
		}
	}
}

// A proxy that asks about a caller at a misspelt address lets in whom we answer with 200, and an
// orchestrator takes it for a sign of life.
func TestAtAnyOtherAddressThePageSaysByItsStatusThatThereIsNothing(t *testing.T) {
	h := page(t)
	for _, target := range []string{
		"/no-such-page", "/authorize", "/auth", "/v1/authorize", "/API/v1/authorize", "/tokens/api/v1/authorize", "/oauth2/auth", "/_authorize",
		"/livez/", "/readyz/", "/healthz", "/health", "/metrics/", "/GraphQL", "/graphqlx", "/apix", "/tokens/abc/def", "/audit-log/x", "/tokens//x",
	} {
		for _, etag := range []string{"", "*"} {
			res := get(t, h, http.MethodGet, target, http.Header{"If-None-Match": {etag}})
			if res.StatusCode != http.StatusNotFound || !strings.Contains(body(t, res.Body), `<div id="root">`) {
				t.Errorf("%s: %d, want 404 with the document, which tells a person", target, res.StatusCode)
			}
		}
		if res := get(t, h, http.MethodHead, target, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("HEAD %s: %d", target, res.StatusCode)
		}
	}
}

func TestTheServerKnowsAllRoutesOfThePage(t *testing.T) {
	app, err := os.ReadFile("src/App.tsx")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`<Route path="([^"]*)"`).FindAllStringSubmatch(string(app), -1)
	if len(routes) < 9 {
		t.Fatalf("found %d routes", len(routes))
	}
	for _, r := range routes {
		target := strings.ReplaceAll(r[1], ":id", "abc")
		if target != "/index.html" && !isKnownPage(target) {
			t.Errorf("the page has something at %s, and pageRoutes does not say so", r[1])
		}
	}
}

func TestWhatLooksLikeAFileIsNotFound(t *testing.T) {
	h := page(t)
	for _, target := range []string{"/missing.js", "/assets/missing", "/assets/", "/.env", "/api/v1/nothing", "/docs/nothing", "/../embed.go", "/assets/../index.html.gz"} {
		if res := get(t, h, http.MethodGet, target, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", target, res.StatusCode)
		}
	}
}

func TestSecurityHeadersStandOnEveryAnswer(t *testing.T) {
	h := page(t)
	for _, target := range []string{"/", "/favicon.svg", "/missing.js"} {
		header := get(t, h, http.MethodGet, target, nil).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy":      pagePolicy,
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s %s: %q", target, name, got)
			}
		}
	}
	for _, forbidden := range []string{"unsafe-inline", "unsafe-eval", "blob:", "http"} {
		if strings.Contains(pagePolicy, forbidden) {
			t.Errorf("the page's policy holds %s", forbidden)
		}
	}
}

func TestAssetsAreServedPackedAndForAYear(t *testing.T) {
	h := page(t)
	document := body(t, get(t, h, http.MethodGet, "/", nil).Body)
	// The slash is the one behind the dot that stands before it.
	asset := regexp.MustCompile(`/assets/[^"]+\.js`).FindString(document)
	if asset == "" {
		t.Fatalf("the document names no script: %s", document)
	}
	packed := get(t, h, http.MethodGet, asset, http.Header{"Accept-Encoding": {"br, gzip;q=0.8"}})
	if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding %q", got)
	}
	if got := packed.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control %q", got)
	}
	reader, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain := get(t, h, http.MethodGet, asset, http.Header{"Accept-Encoding": {"gzip;q=0, identity"}})
	if got := plain.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("Content-Encoding %q for a client without gzip", got)
	}
	if body(t, reader) != body(t, plain.Body) {
		t.Error("packed and plain differ")
	}
	if packed.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Error("two forms under one ETag")
	}
	again := get(t, h, http.MethodGet, asset, http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {packed.Header.Get("ETag")}})
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("status %d for a known ETag", again.StatusCode)
	}
	head := get(t, h, http.MethodHead, asset, http.Header{"Accept-Encoding": {"gzip"}})
	if head.StatusCode != http.StatusOK || body(t, head.Body) != "" {
		t.Error("HEAD has a body")
	}
}

// All scripts that the page can ever need, as they are sent. What makes it heavier must be worth
// it, and something else lighter; the explorer is apart.
func TestTheScriptsOfThePageAreLight(t *testing.T) {
	const most = 230_000
	scripts, err := fs.Glob(dist, "dist/page/assets/*.js.gz")
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	sum := 0
	for _, name := range append(scripts, "dist/page/theme.js.gz") {
		body, err := dist.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum += len(body)
	}
	if sum > most {
		t.Errorf("%d bytes, want at most %d", sum, most)
	}
}

// The page is in English, and what a library brings in other languages is not sent with it. It
// brings 34 of them or one; letters that look like Latin ones are the page's own.
func TestTheScriptsOfThePageSpeakEnglish(t *testing.T) {
	scripts, err := fs.Glob(dist, "dist/page/assets/*.js.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		f, err := dist.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`\p{Hangul}+|\p{Hiragana}+`).FindString(body(t, text)); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

// Both builds need the same fonts; there is one copy of them, and the styles of the explorer lead
// to it from below any path.
func TestTheExplorerHasTheFontsOfThePage(t *testing.T) {
	if own, err := fs.Glob(dist, "dist/explorer/assets/*.woff*"); len(own) > 0 || err != nil {
		t.Errorf("it brings %q, %v", own, err)
	}
	styles, err := fs.Glob(dist, "dist/explorer/assets/index-*.css.gz")
	if err != nil || len(styles) != 1 {
		t.Fatalf("%q, %v", styles, err)
	}
	explorer, err := Explorer()
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse("https://host.test/below" + "/docs/api-explorer/assets/" + strings.TrimSuffix(path.Base(styles[0]), ".gz"))
	if err != nil {
		t.Fatal(err)
	}
	css := body(t, get(t, explorer, http.MethodGet, strings.TrimPrefix(at.Path, "/below"), nil).Body)
	fonts := regexp.MustCompile(`url\(([^)]+\.woff2?)\)`).FindAllStringSubmatch(css, -1)
	if len(fonts) < 8 {
		t.Fatalf("the styles name %d fonts", len(fonts))
	}
	for _, font := range fonts {
		where, err := at.Parse(font[1])
		if err != nil {
			t.Fatal(err)
		}
		a := get(t, page(t), http.MethodGet, strings.TrimPrefix(where.Path, "/below"), nil)
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "font/") || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %v", where, a.StatusCode, a.Header)
		}
	}
}

// A proxy may have put something in front of all paths: whatever it is, the browser finds the files
// of a document below it, on every route.
func TestDocumentsNameTheirFilesFromWhereTheyAreSeen(t *testing.T) {
	explorer, err := Explorer()
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"", "/tokens", "/a/b%20c"} {
		for target, want := range map[string]string{
			"/": "/", "/tokens": "/", "/index.html": "/", "/tokens/abc?x=/a/b": "/", "/ip-filters/a%2Fb": "/", "/a/b/c/": "/", "/no/such/page": "/",
			"/docs/api-explorer": "/docs/api-explorer/", "/docs/api-explorer/": "/docs/api-explorer/", "/docs/api-explorer/index.html": "/docs/api-explorer/",
		} {
			site := page(t)
			if want != "/" {
				site = explorer
			}
			seen, err := url.Parse("https://host.test" + prefix + target)
			if err != nil {
				t.Fatal(err)
			}
			document := body(t, get(t, site, http.MethodGet, target, nil).Body)
			named := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(document, -1)
			if len(named) < 3 {
				t.Fatalf("%s names %d files: %s", target, len(named), document)
			}
			for _, m := range named {
				file, err := seen.Parse(m[1])
				if err != nil {
					t.Fatal(err)
				}
				inside, ok := strings.CutPrefix(file.EscapedPath(), prefix+want)
				if !ok || !strings.HasPrefix(inside, "assets/") {
					inside, ok = strings.CutPrefix(file.EscapedPath(), prefix+"/")
					ok = ok && (inside == "favicon.svg" || inside == "theme.js")
				}
				if !ok {
					t.Errorf("%s%s names %s, which is %s", prefix, target, m[1], file.EscapedPath())
				}
			}
		}
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	res := get(t, page(t), http.MethodPost, "/", nil)
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

func TestExplorerStandsOnItsOwnPathWithItsOwnPolicy(t *testing.T) {
	h, err := Explorer()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/docs/api-explorer", "/docs/api-explorer/"} {
		res := get(t, h, http.MethodGet, target, nil)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Security-Policy") != explorerPolicy {
			t.Errorf("%s: %d", target, res.StatusCode)
		}
	}
	if res := get(t, h, http.MethodGet, "/docs/api-explorer/other", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", res.StatusCode)
	}
	if strings.Contains(explorerPolicy, "unsafe-eval") || strings.Contains(explorerPolicy, "blob:") {
		t.Error("the explorer's policy is looser than it needs")
	}
}
