// Package docs holds the documents of this folder: a server shows those of its own version.
package docs

import "embed"

// Files are the documents in Markdown, and the files beside them that they lead to.
//
//go:embed *.md gitleaks.toml growth.svg
var Files embed.FS
