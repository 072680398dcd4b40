package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The rules are pure: values in, values out. So the package may import only
// what is listed here, and of package time only lengths.

var mayImport = []string{
	"errors", "net/netip", "strconv", "strings", "time", "unicode", "unicode/utf8",
	"tokenscale/epoch", "tokenscale/fault", "tokenscale/ipfilter", "tokenscale/permission", "tokenscale/token",
}

var mayUseOfTime = []string{"Duration", "Hour", "Millisecond", "Minute"}

// sources returns the parsed files of the package, without its tests.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(token.NewFileSet(), name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) == 0 {
		t.Fatal("no files")
	}
	return files
}

func TestLaw2_PolicyImportsOnlyWhatIsPure(t *testing.T) {
	used := map[string]bool{}
	for name, file := range sources(t) {
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			used[path] = true
			if spec.Name != nil || !slices.Contains(mayImport, path) {
				t.Errorf("%s imports %s, which is not in the list", name, path)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(used)), slices.Sorted(slices.Values(mayImport)); !slices.Equal(got, want) {
		t.Errorf("imports are %v\nthe list is %v", got, want)
	}
}

func TestLaw2_PolicyReadsNoClock(t *testing.T) {
	for name, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && !slices.Contains(mayUseOfTime, sel.Sel.Name) {
				t.Errorf("%s uses time.%s", name, sel.Sel.Name)
			}
			return true
		})
	}
}

func TestLaw11_PolicyHoldsNoState(t *testing.T) {
	constant := []string{"outcomes"} // never written
	for name, file := range sources(t) {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s has an init function", name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if ok && d.Tok == token.VAR && !slices.Contains(constant, v.Names[0].Name) {
						t.Errorf("%s has the variable %s", name, v.Names[0].Name)
					}
				}
			}
		}
	}
}
