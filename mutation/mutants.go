package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// A mutant is one small change of a source file.
type mutant struct {
	file     string
	function string // or the name of a constant
	line     string // the source line, so that the reader sees where
	change   string // what was done, in a few words
	again    int    // which one it is of those that read alike, from 0

	from, to int // the bytes that are replaced
	text     string
}

// String describes m. It does not change when lines move.
func (m mutant) String() string {
	s := fmt.Sprintf("%s: %s: [%s] %s", m.file, m.function, m.line, m.change)
	if m.again > 0 {
		s += fmt.Sprintf(" (%d)", m.again+1)
	}
	return s
}

// source returns the file with the change.
func (m mutant) source() ([]byte, error) {
	src, err := os.ReadFile(m.file)
	if err != nil {
		return nil, err
	}
	return append(append(append([]byte{}, src[:m.from]...), m.text...), src[m.to:]...), nil
}

// mutantsOf returns the mutants of the package in a folder.
func mutantsOf(folder string) ([]mutant, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		found, err := mutantsIn(name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return numbered(all), nil
}

// numbered tells those apart that read alike.
func numbered(all []mutant) []mutant {
	seen := map[string]int{}
	for i := range all {
		name := all[i].String()
		all[i].again = seen[name]
		seen[name]++
	}
	return all
}

// A finder collects the mutants of one file.
type finder struct {
	file     string
	src      []byte
	fset     *token.FileSet
	function string
	results  []string // the types that the function at hand returns
	found    []mutant
}

func mutantsIn(file string) ([]mutant, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f := &finder{file: filepath.ToSlash(file), src: src, fset: token.NewFileSet()}
	parsed, err := parser.ParseFile(f.fset, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, decl := range parsed.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			f.function, f.results = nameOf(d), f.types(d.Type.Results)
			if d.Body != nil {
				f.walk(d.Body)
			}
		case *ast.GenDecl:
			f.function, f.results = d.Tok.String(), nil
			if d.Tok == token.CONST || d.Tok == token.VAR {
				f.walk(d)
			}
		}
	}
	return f.found, nil
}

func nameOf(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	recv := d.Recv.List[0].Type
	if star, ok := recv.(*ast.StarExpr); ok {
		recv = star.X
	}
	if id, ok := recv.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

// types returns the source of the type of each result.
func (f *finder) types(results *ast.FieldList) []string {
	var all []string
	if results == nil {
		return nil
	}
	for _, field := range results.List {
		for range max(len(field.Names), 1) {
			all = append(all, f.text(field.Type))
		}
	}
	return all
}

func (f *finder) text(n ast.Node) string { return string(f.src[f.at(n.Pos()):f.at(n.End())]) }

func (f *finder) at(p token.Pos) int { return f.fset.Position(p).Offset }

// add notes that the source between two places becomes text.
func (f *finder) add(from, to token.Pos, text, change string) {
	place := f.fset.Position(from)
	line := strings.Split(string(f.src), "\n")[place.Line-1]
	if i := strings.Index(line, " // "); i > 0 {
		line = line[:i]
	}
	f.found = append(f.found, mutant{
		file: f.file, function: f.function, line: strings.TrimSpace(line), change: change,
		from: f.at(from), to: f.at(to), text: text,
	})
}

// swap notes that n becomes text.
func (f *finder) swap(n ast.Node, text string) {
	old := f.text(n)
	if len(old) > 60 {
		old = strings.Join(strings.Fields(old[:60]), " ") + "…"
	}
	f.add(n.Pos(), n.End(), text, fmt.Sprintf("%s becomes %s", old, text))
}
