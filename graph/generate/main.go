// Command generate runs gqlgen and then makes what it wrote plainer.
//
// gqlgen resolves each field of each object as if it could fail, wait or be
// intercepted: with a context of its own and closures, and each element of a
// list on a goroutine of its own. Our objects are finished values when a root
// field returns them; only root fields have resolvers. So a field that is read
// from a struct is written as that, lists are written in turn, and objects
// carry nothing with them for fields that wait. What is put into an answer is
// counted, so that it can be given up before it is too large. A page of fifty tokens costs
// less than half of what it did; docs/performance.md has the figures.
//
// When gqlgen writes something else than it did, fields stay as it writes them, and generation says
// so: they cost more, and say the same. But without what counts an answer there is no bound on it,
// and a server without one looks like any other. Then generation stops.
//
// Run it in the root of the repository: go run ./graph/generate
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate() error {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		return err
	}
	if err := api.Generate(cfg); err != nil {
		return err
	}
	left, err := makePlainer(cfg.Exec.Filename)
	for _, what := range left {
		fmt.Fprintf(os.Stderr, "generate: gqlgen writes %s in a form that is not known here; they stay as they are, and cost more\n", what)
	}
	return err
}

// makePlainer makes what gqlgen wrote into a file plainer, and returns what it leaves as it is.
// When that fails the file is gone, so that nobody builds a server from it.
func makePlainer(name string) (left []string, err error) {
	code, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	code, left, err = plainer(code)
	if err != nil {
		return nil, errors.Join(err, os.Remove(name))
	}
	return left, os.WriteFile(name, code, 0o644)
}
