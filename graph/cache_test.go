package graph

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestOnlyShortDocumentsAreKeptParsed(t *testing.T) {
	c := shortQueries{lru.New[*ast.QueryDocument](10)}
	short, long := "{ viewer { id } }", "{ viewer { id } } #"+strings.Repeat("x", maxCached)
	for _, text := range []string{short, long} {
		c.Add(t.Context(), text, &ast.QueryDocument{})
	}
	if _, ok := c.Get(t.Context(), short); !ok {
		t.Error("a short document was not kept")
	}
	if _, ok := c.Get(t.Context(), long); ok {
		t.Error("a long document was kept; a thousand of them fill the memory")
	}
}
