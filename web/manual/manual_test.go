package manual

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"tokenscale/docs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(t *testing.T, h http.Handler, target string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

// ofFiles is a manual of the given files, name by name.
func ofFiles(pairs ...string) http.Handler {
	files := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return New(files)
}

// Whatever the manual names is there, from its first page on: documents, the
// anchors in them, and the files beside them. The page itself is not its own.
func TestEverythingThatTheManualNamesIsThere(t *testing.T) {
	h := New(docs.Files)
	named := regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	pages, todo := map[string]string{}, []string{Path}
	for len(todo) > 0 {
		from := todo[0]
		todo = todo[1:]
		res, body := get(t, h, from)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", from, res.StatusCode)
		}
		pages[from] = body
		base, _ := url.Parse(from)
		for _, m := range named.FindAllStringSubmatch(body, -1) {
			to, err := base.Parse(m[1])
			if err != nil || to.Host == "" && strings.Contains(m[1], ".md") {
				t.Errorf("%s names %s (%v)", from, m[1], err)
				continue
			}
			if ours := to.Host == "" && strings.HasPrefix(to.Path, Path); ours && pages[to.Path] == "" {
				pages[to.Path] = "asked for"
				todo = append(todo, to.Path)
			}
		}
	}
	anchors := 0
	for from, body := range pages {
		base, _ := url.Parse(from)
		for _, m := range named.FindAllStringSubmatch(body, -1) {
			to, _ := base.Parse(m[1])
			if to.Host != "" || to.Fragment == "" {
				continue
			}
			anchors++
			if !strings.Contains(pages[to.Path], `id="`+to.Fragment+`"`) {
				t.Errorf("%s leads to %s, where there is nothing of that name", from, m[1])
			}
		}
	}
	if len(pages) < 12 || anchors < 100 {
		t.Errorf("followed %d addresses and %d anchors, want all", len(pages), anchors)
	}
}

func TestEachDocumentSaysWhatItIsFor(t *testing.T) {
	_, body := get(t, New(docs.Files), Path)
	if n := strings.Count(body, "<dd></dd>"); n > 0 {
		t.Errorf("%d documents have no purpose; give them one in page.go", n)
	}
	for _, p := range purposes {
		if !strings.Contains(body, `<dt><a href="`+p.name+`">`) {
			t.Errorf("%s is not in the list", p.name)
		}
	}
}

func TestLinks(t *testing.T) {
	h := ofFiles("a.md", "# A `b`\n\n"+
		"[one](b.md) [two](b.md#x-y) [three](#here) [four](../README.md) [five](https://example.org/x.md) [six](c.toml) [`seven`](gone.md)\n\n## Here\n\n## Here\n",
		"b.md", "# B\n\n## X, y?\n", "c.toml", "x = 1\n")
	_, body := get(t, h, Path+"a")
	for _, want := range []string{
		`<a href="b">one</a>`, `<a href="b#x-y">two</a>`, `<a href="#here">three</a>`, " four ", `<a href="https://example.org/x.md">five</a>`,
		`<a href="c.toml">six</a>`, " <code>seven</code>", `<h2 id="here">`, `<h2 id="here-1">`, `<a href="#here-1">Here</a>`, "<title>A b · tokenscale</title>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if _, b := get(t, h, Path+"b"); !strings.Contains(b, `<h2 id="x-y">`) {
		t.Errorf("the anchor of GitHub is not there:\n%s", b)
	}
}

func TestNothingOfADocumentBecomesMarkup(t *testing.T) {
	_, body := get(t, ofFiles("a.md", "# A <i>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) `<pre>` <b onclick=x>\n\n## <table> & co\n"), Path+"a")
	_, main, _ := strings.Cut(body, "<main")
	for _, bad := range []string{"<script", "javascript:", "<b ", "<i>", "<pre", "<table"} {
		if strings.Contains(main, bad) {
			t.Errorf("%s in\n%s", bad, main)
		}
	}
}

func TestFilesAreServedAsTheyAre(t *testing.T) {
	h := New(docs.Files)
	for name, want := range map[string]string{
		"api.md": "text/plain; charset=utf-8", "gitleaks.toml": "text/plain; charset=utf-8", "growth.svg": "image/svg+xml", "manual.css": "text/css; charset=utf-8",
	} {
		res, body := get(t, h, Path+name)
		if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != want || body == "" {
			t.Errorf("%s: %d %q", name, res.StatusCode, got)
		}
	}
	for _, name := range []string{"nothing", "api/", "docs.go", "../go.mod"} {
		if res, _ := get(t, h, Path+name); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
}

func TestAnAnswerThatTheBrowserHasIsNotSentAgain(t *testing.T) {
	h := New(docs.Files)
	res, _ := get(t, h, Path+"api")
	again, body := get(t, h, Path+"api", "If-None-Match", res.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %q %q", again.StatusCode, body, res.Header.Get("Cache-Control"))
	}
}

func TestThePolicyAllowsNoScriptButOurFiles(t *testing.T) {
	h := New(docs.Files)
	for _, name := range []string{"", "api", "performance", "operations", "decisions", "nothing"} {
		target := Path + name
		res, body := get(t, h, target)
		if got := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self'; base-uri 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: %q", target, got)
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, "style=") {
			t.Errorf("%s has script or style in it, which its policy forbids", target)
		}
	}
}
