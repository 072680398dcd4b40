//go:build bench

// Command stockgen writes the code that gqlgen makes of the schema as it
// comes, without what graph/generate does to it, for the bench to compare
// with. Run it in the root of the repository; git does not keep what it writes.
package main

import (
	"log"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	log.SetFlags(0)
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		log.Fatal("stockgen: ", err)
	}
	cfg.Exec.Filename, cfg.Exec.Package = "bench/stock/generated.go", "stock"
	cfg.Resolver = config.ResolverConfig{}
	if err := api.Generate(cfg); err != nil {
		log.Fatal("stockgen: ", err)
	}
}
