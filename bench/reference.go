//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/authn"
	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/bench/stock"
	"tokenscale/graph"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store/bolt"
)

// serveReference answers what ours is held against, each on a path of its own:
// a handler that always says the same hundred bytes, and gqlgen as it comes,
// with our resolvers but without a door: with its parsed-query cache, and with
// its defaults.
func serveReference(folder string) error {
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: rows.Tables(), Now: time.Now})
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := keyring.Load(filepath.Join(folder, "keys"))
	if err != nil {
		return err
	}
	a, err := authority.Open(context.Background(), authority.Options{DB: db, Keys: keys, Now: time.Now, Random: rand.Reader, Log: silent()})
	if err != nil {
		return err
	}
	schema := stockSchema(graph.NewResolver(graph.Options{Authority: a, Log: silent()}))
	cached := handler.New(schema)
	cached.AddTransport(transport.POST{})
	cached.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	mux := http.NewServeMux()
	constant := []byte(strings.Repeat("x", 100))
	mux.HandleFunc("/constant", func(w http.ResponseWriter, _ *http.Request) { w.Write(constant) })
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/cached", asRoot(cached))
	mux.Handle("/default", asRoot(handler.NewDefaultServer(schema)))
	return listen(&http.Server{Handler: mux}, nil)
}

// listen serves on a free port, says on which, and answers questions.
func listen(s *http.Server, do func(words []string) (any, error)) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go answer(do)
	fmt.Printf("API http://%s/graphql\n", ln.Addr())
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveFair answers nothing but headers, which it is told, under the time-outs
// that ours has.
func serveFair(string) error {
	var headers atomic.Pointer[url.Values]
	headers.Store(&url.Values{})
	return listen(&http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, values := range *headers.Load() {
				w.Header().Set(name, values[0])
			}
		}),
	}, func(words []string) (any, error) {
		told, err := url.ParseQuery(words[1])
		told.Del("Date") // which net/http writes itself, like the length
		told.Del("Content-Length")
		headers.Store(&told)
		return true, err
	})
}

func asRoot(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(authn.WithActor(r.Context(), policy.RootActor())))
	})
}

// stockSchema is the schema as gqlgen makes it, with our resolvers, and with
// directives that let everybody through.
func stockSchema(r *graph.Resolver) graphql.ExecutableSchema {
	return stock.NewExecutableSchema(stock.Config{
		Resolvers: resolvers{r},
		Directives: stock.DirectiveRoot{
			Requires: func(ctx context.Context, _ any, next graphql.Resolver, _ []permission.Permission) (any, error) {
				return next(ctx)
			},
			Open: func(ctx context.Context, _ any, next graphql.Resolver, _ string) (any, error) { return next(ctx) },
		},
	})
}

type resolvers struct{ r *graph.Resolver }

func (s resolvers) Mutation() stock.MutationResolver { return s.r.Mutation() }
func (s resolvers) Query() stock.QueryResolver       { return s.r.Query() }
