// Package ui serves the browser side: the cluster-administration page and the API explorer.
//
// Both are built from src and explorer into dist, which is part of the repository and of the
// binary. They are static files that ask the server's API as any other client would. With the build
// tag no_ui the binary is built without them and says so in their place.
package ui
