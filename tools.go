//go:build tools

// The tools that `go generate` needs, named here so that go.mod keeps their
// versions. Linters live in tools/go.mod, away from the product.
package main

import _ "github.com/99designs/gqlgen"
