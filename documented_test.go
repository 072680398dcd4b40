package main

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the documents name as proof is there: each test, each script, each
// target of make. A name that ends with … stands for all that begin like it.
func TestWhatTheDocumentsNameIsThere(t *testing.T) {
	made, _ := os.ReadFile("Makefile")
	functions, titles := testsHere(t)
	documents, _ := filepath.Glob("docs/*.md")
	named := 0
	for _, document := range append(documents, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
			ok, is := there(m[1], string(made), functions, titles)
			if is {
				named++
			}
			if is && !ok {
				t.Errorf("%s names %s, which is not there", document, m[1])
			}
		}
	}
	if named < 150 {
		t.Errorf("%d names were found in %v: are they still written in backquotes?", named, documents)
	}
}

var (
	goTest   = regexp.MustCompile(`^(Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*…?$`)
	script   = regexp.MustCompile(`^[a-z0-9_./-]+\.(txt|mjs|ts|tsx|go|sh)(: .+)?$`)
	makeGoal = regexp.MustCompile(`^make ([a-z0-9-]+)$`)
)

// there reports whether what a document names is there, and whether it names
// anything that could be. A script in a browser may be followed by ": " and
// the title of its test.
func there(name, made string, functions []string, titles map[string]string) (ok, is bool) {
	switch {
	case goTest.MatchString(name):
		prefix, many := strings.CutSuffix(name, "…")
		return slices.ContainsFunc(functions, func(f string) bool { return f == name || many && strings.HasPrefix(f, prefix) }), true
	case makeGoal.MatchString(name):
		return strings.Contains(made, "\n"+strings.TrimPrefix(name, "make ")+":"), true
	case script.MatchString(name) && strings.Contains(name, "/"):
		path, title, titled := strings.Cut(name, ": ")
		if titled {
			return strings.Contains(titles[path], "test('"+title), true
		}
		_, err := os.Stat(path)
		return err == nil, true
	}
	return true, false
}

// testsHere returns the names of all Go tests, and the texts of the tests in
// the browser by their paths.
func testsHere(t *testing.T) (functions []string, titles map[string]string) {
	t.Helper()
	titles = map[string]string{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return cmp.Or(err, fs.SkipDir)
		}
		if !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, ".test.mjs") {
			return nil
		}
		text, err := os.ReadFile(name)
		titles[filepath.ToSlash(name)] = string(text)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			functions = append(functions, m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return functions, titles
}
