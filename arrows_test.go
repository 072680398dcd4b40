package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "tokenscale/"

// floors lists the packages of this module from the top of the house to the
// bottom. A package may import only packages on lower lines; neighbours on
// one line may not import each other. See docs/architecture.md.
var floors = [][]string{
	{".", "bench", "bench/cluster", "cluster", "mutation"},
	{"bench/figures", "bench/fleet", "bench/plot"},
	{"bench/load"},
	{"bench/stock"}, // written by bench/stockgen, not kept
	{"faulttest", "faulttest/seeder", "faulttest/clusters", "graph/generate", "bench/stockgen"},
	{"cli"},
	{"app"},
	{"web"},
	{"web/webtest", "web/manual"},
	{"graph", "ui", "client", "demo"},
	{"graph/model", "graph/transport"},
	{"graph/scalar", "graph/budget"},
	{"authn"},
	{"authority/authoritytest"},
	{"authority"},
	{"authority/rekey", "authority/transfer", "authority/upkeep"},
	{"authority/archive", "authority/integrity", "authority/rollback", "authority/tally", "authority/timekeeping", "authority/sessions", "authority/claim", "authority/effects", "authority/tombstones", "authority/makers", "authority/endings", "authority/door"},
	{"authority/ledger", "authority/index"},
	{"authority/index/cells", "authority/index/lastuse", "authority/index/feed", "authority/index/notes"},
	{"authority/index/caseless"},
	{"authority/rows/rowstest"},
	{"authority/rows"},
	{"authority/keyring", "authority/clock", "authority/archive/bucket"},
	{"store/bolt", "store/etcd"},
	{"store/etcd/mirror", "store/etcd/condition", "store/etcd/quota"},
	{"store/bolt/boltfile", "store/etcd/dial", "store/etcd/turns", "store/etcd/watching", "store/etcd/parcel", "store/etcd/pages", "store/etcd/reads", "store/etcd/history", "store/etcd/proof", "store/etcd/leasefile"},
	{"store/etcd/stride"},
	{"store/overlay"},
	{"store/storetest", "store/etcd/etcdtest", "store/readers"},
	{"policy", "store"},
	{"token", "audit", "audit/segment"},
	{"permission", "ipfilter"},
	{"fault", "epoch", "durable", "loop"},
	{"platform", "faulttest/hosts", "docs"},
}

func floorOf(pkg string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, pkg) })
}

func TestArrowsPointDown(t *testing.T) {
	for name, file := range sources(t) {
		from := path.Dir(name)
		if floorOf(from) < 0 {
			t.Errorf("%s: package %s has no floor yet; give it one", name, from)
		}
		for _, spec := range file.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if to, ours := strings.CutPrefix(imp, module); ours && floorOf(to) <= floorOf(from) {
				t.Errorf("%s: %s must not import %s", name, from, to)
			}
		}
	}
}

// A shelf holds one idea, and then it is not long.
const (
	mostLines = 2500
	mostFiles = 20
)

// outgrown are the packages that hold more for now, and why.
var outgrown = map[string]string{}

// Tests and generated files are left out.
func TestEachPackageFitsOnItsShelf(t *testing.T) {
	lines, files := map[string]int{}, map[string]int{}
	for name, file := range sources(t) {
		if ast.IsGenerated(file) {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[path.Dir(name)]++
		lines[path.Dir(name)] += bytes.Count(text, []byte("\n"))
	}
	for pkg := range lines {
		fits := lines[pkg] <= mostLines && files[pkg] <= mostFiles
		why, excused := outgrown[pkg]
		switch {
		case !fits && !excused:
			t.Errorf("%s has %d lines in %d files, want at most %d in %d: what in it is an idea of its own?", pkg, lines[pkg], files[pkg], mostLines, mostFiles)
		case fits && excused:
			t.Errorf("%s fits again, so it needs no exception (%s)", pkg, why)
		}
	}
}

// Time is passed in, so that tests can pass another. The one place that reads
// the clock is server.go. Durations are measured with the clock too.
func TestTimeComesFromOutside(t *testing.T) {
	for name, file := range sources(t) {
		// Who measures, or waits for members of etcd, needs the real one.
		if name == "server.go" || strings.HasPrefix(name, "bench/") || strings.HasPrefix(name, "authority/authoritytest/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
				t.Errorf("%s: time.%s reads the clock; take the time from app.Options.Now", name, sel.Sel.Name)
			}
			return true
		})
	}
}

// What happens before main happens in an order nobody chose.
func TestNothingHappensBeforeMain(t *testing.T) {
	for name, file := range sources(t) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" && !ast.IsGenerated(file) {
				t.Errorf("%s has a func init", name)
			}
		}
	}
}

// Who leaves a goroutine behind is told by name, in each package.
func TestEachPackageLooksForGoroutinesLeftBehind(t *testing.T) {
	looks := map[string]bool{}
	err := eachFile(func(name string) error {
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		folder := path.Dir(name)
		looks[folder] = looks[folder] || strings.Contains(string(text), "goleak.VerifyTestMain(m)") || strings.Contains(string(text), "goleak.Find()")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, ok := range looks {
		if !ok && folder != "bench" { // which measures
			t.Errorf("no test of %s calls goleak", folder)
		}
	}
	if len(looks) < 15 {
		t.Errorf("found tests in %d folders, want all", len(looks))
	}
}

// eachFile calls fn with each file of Go in this module.
func eachFile(fn func(name string) error) error {
	return filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"node_modules", "testdata", "dist", "tools"}, d.Name()) || len(d.Name()) > 1 && d.Name()[0] == '.'):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		return fn(filepath.ToSlash(name))
	})
}

// sources parses the module's files, but for tests. It reads them itself: the
// test cache notices only files that the test has opened, so a version that
// asked `go list` would stay "ok (cached)" after a forbidden import.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := eachFile(func(name string) error {
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution|parser.ParseComments)
		files[name] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found %d files, want the whole module", len(files))
	}
	return files
}
