package graph

import (
	"tokenscale/authority"
)

// A Resolver answers the root fields of the schema.
type Resolver struct {
	authority *authority.Authority
	version   string // what meta tells
}

// NewResolver returns what answers the root fields. NewHandler makes its own;
// this is for benchmarks of what stands around it.
func NewResolver(o Options) *Resolver { return &Resolver{authority: o.Authority, version: o.Version} }
