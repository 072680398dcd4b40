//go:build bench

// Command stockgen writes the code that gqlgen makes of the schema as it
// comes, without what graph/generate does to it, for the bench to compare
// with. Run it in the root of the repository; git does not keep what it writes.
package main

import (
	"log"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	log.SetFlags(0)
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		log.Fatal("stockgen: ", err)
	}
	cfg.Exec.Filename, cfg.Exec.Package = made, "stock"
	cfg.Resolver = config.ResolverConfig{}
	if err := api.Generate(cfg); err != nil {
		log.Fatal("stockgen: ", err)
	}
	if err := tag(); err != nil {
		log.Fatal("stockgen: ", err)
	}
}

const made = "bench/stock/generated.go"

// tag lets only the bench see what was made: it grows old when the schema
// changes, and must not be in the way of anybody else then.
func tag() error {
	text, err := os.ReadFile(made)
	if err != nil {
		return err
	}
	return os.WriteFile(made, append([]byte("//go:build bench\n\n"), text...), 0o644)
}
