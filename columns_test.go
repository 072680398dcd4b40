package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is how long a line of prose may be, in documents and in comments; a tab counts four.
const columns = 100

// Whoever reads comments and documents reads them beside other things, in narrow windows, and in
// the diffs of a review.
func TestProseFitsIntoAHundredColumns(t *testing.T) {
	seen := map[string]int{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && name != "." || isForeign(filepath.ToSlash(name)) {
				return fs.SkipDir
			}
			return nil
		}
		prose := proseOf[filepath.Ext(name)]
		if prose == nil {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil || generated.Match(text) {
			return err
		}
		seen[filepath.Ext(name)]++
		lines := strings.Split(string(text), "\n")
		for _, n := range prose(t, name, lines) {
			if width(lines[n]) > columns {
				t.Errorf("%s:%d: %d columns, %d are the most", name, n+1, width(lines[n]), columns)
			}
			if strings.HasPrefix(lines[n], "<<<<<<< ") || strings.HasPrefix(lines[n], ">>>>>>> ") {
				t.Errorf("%s:%d: two texts were merged, and nobody has decided between them", name, n+1)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for ext := range proseOf {
		if seen[ext] == 0 {
			t.Errorf("no file %s was looked at", ext)
		}
	}
}

func isForeign(folder string) bool {
	switch folder {
	case "ui/dist", "ui/src/api/gen", "bench/stock":
		return true
	}
	return filepath.Base(folder) == "node_modules"
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.?$`)

// proseOf tells the numbers of the lines of prose in a file, counted from zero.
var proseOf = map[string]func(t *testing.T, name string, lines []string) []int{
	".go": commentsInGo, ".ts": comments, ".tsx": comments, ".css": comments, ".mjs": comments, ".md": paragraphs,
}

// commentsInGo finds comments by Go's own parser. Instructions to tools have one line.
func commentsInGo(t *testing.T, name string, lines []string) (prose []int) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, strings.Join(lines, "\n"), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if tool.MatchString(c.Text) {
				continue
			}
			for n := set.Position(c.Pos()).Line; n <= set.Position(c.End()).Line; n++ {
				prose = append(prose, n-1)
			}
		}
	}
	return prose
}

var tool = regexp.MustCompile(`^//(nolint|go:|export )`)

// comments finds the lines that are nothing but a comment.
func comments(_ *testing.T, _ string, lines []string) (prose []int) {
	for n, line := range lines {
		if comment.MatchString(line) {
			prose = append(prose, n)
		}
	}
	return prose
}

var comment = regexp.MustCompile(`^\s*(//|/\*|\*|\{/\*)`)

// paragraphs finds what is text in a document: no blocks of code, no tables, no pictures, nothing
// that a program writes between two marks, and no line that has no place to break.
func paragraphs(_ *testing.T, _ string, lines []string) (prose []int) {
	code, written := false, false
	for n, line := range lines {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "```"):
			code = !code
		case strings.HasPrefix(text, "<!-- end of "):
			written = false
		case strings.HasPrefix(text, "<!-- "):
			written = true
		case code, written, strings.HasPrefix(text, "|"), strings.HasPrefix(text, "!["):
		case strings.Contains(strings.TrimLeft(unbroken.ReplaceAllString(text, "x"), "-*# "), " "):
			prose = append(prose, n)
		}
	}
	return prose
}

// unbroken matches code and links, which stand in one line each.
var unbroken = regexp.MustCompile("`[^`]*`|\\[[^]]*\\]\\([^)]*\\)")

func width(line string) int {
	return utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
}

// cellColumns is how long a cell of a table may be: two lines. What needs more is text.
const cellColumns = 2 * columns

func TestCellsOfTablesAreShort(t *testing.T) {
	names, err := filepath.Glob("docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	cells := 0
	for _, name := range append(names, "README.md", "CONTRIBUTING.md", "SECURITY.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(fences.ReplaceAllStringFunc(string(text), blanked), "\n") {
			if !strings.HasPrefix(line, "|") {
				continue
			}
			for cell := range strings.SplitSeq(strings.ReplaceAll(line, `\|`, "/"), "|") {
				if cells++; width(strings.TrimSpace(cell)) > cellColumns {
					t.Errorf("%s:%d: a cell of %d columns, %d are the most: %.40s…", name, n+1, width(strings.TrimSpace(cell)), cellColumns, strings.TrimSpace(cell))
				}
			}
		}
	}
	if cells < 500 {
		t.Errorf("only %d cells were looked at", cells)
	}
}

var fences = regexp.MustCompile("(?s)```.*?```")

// blanked leaves the lines of a text, and nothing in them.
func blanked(text string) string { return strings.Repeat("\n", strings.Count(text, "\n")) }
