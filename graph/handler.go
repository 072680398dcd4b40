package graph

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/authority"
	"tokenscale/graph/budget"
	"tokenscale/graph/transport"
)

// Options are what the GraphQL handler works with. Authority and Log are needed.
type Options struct {
	Authority *authority.Authority
	Log       *slog.Logger
	Version   string // what meta tells

	// BeforeQuery, unless nil, is called before a query is carried out. Its
	// error is the answer, with status 503.
	BeforeQuery func(context.Context) error

	// OnRefused, unless nil, is called before the answer to a request that is
	// not carried out: its body, document or variables are bad, or too many
	// wait. The answer waits until it returns.
	OnRefused func(context.Context)

	// BeforeChange, unless nil, is called before a mutation is carried out,
	// which may take long. The answer is written when it is done.
	BeforeChange func(http.ResponseWriter)

	// AnswerMemory is how much memory all answers under way may take
	// together, in bytes; 0 is 256 MiB, and less than 16 MiB is not possible.
	AnswerMemory int64
}

const (
	// maxTokens bounds how many words a document may have. Validation is
	// quadratic in repeated fields; this keeps each document under some 35 ms.
	maxTokens = 1000

	// cachedQueries is how many parsed documents are kept. Clients send the
	// same few again and again.
	cachedQueries = 1000
)

// NewHandler returns the handler of /graphql. Whoever calls it must have found
// out who is asking, with package authn. It is safe for concurrent use.
func NewHandler(o Options) http.Handler {
	r := NewResolver(o)
	schema := gqlparser.MustLoadSchema(sources...)
	h := handler.New(accepting{NewExecutableSchema(Config{
		Schema:     describedSchema(),
		Resolvers:  r,
		Directives: DirectiveRoot{Requires: r.requires, Open: r.open},
	}), schema})
	known := shortQueries{lru.New[*ast.QueryDocument](cachedQueries)}
	h.AddTransport(transport.New(transport.Options{
		Known: known, Measure: measure, ChangeSize: changeSize, Budget: budget.New(o.AnswerMemory),
		BeforeQuery: o.BeforeQuery, OnRefused: o.OnRefused, BeforeChange: o.BeforeChange,
	}))
	h.SetQueryCache(known)
	h.Use(oneChange{})
	h.Use(smallAnswers{})
	h.SetParserTokenLimit(maxTokens)
	h.SetDisableSuggestion(true) // or gqlgen puts back the rules that suggest
	in := newInputs(schema)
	h.SetValidationRulesFn(validationRules(in))
	h.SetErrorPresenter(presenter{o.Log, in}.present)
	h.SetRecoverFunc(recovered)
	h.Use(extension.Introspection{})
	h.AroundRootFields(stopAtRefusal)
	return transport.InFlight(h)
}

// maxCached is the length in bytes of the longest document that is kept
// parsed. Clients send short ones again and again; a long one is a script, or
// somebody who would like to fill the memory.
const maxCached = 4 << 10

// shortQueries keeps parsed documents, if they are short.
type shortQueries struct {
	graphql.Cache[*ast.QueryDocument]
}

// Add implements graphql.Cache.
func (c shortQueries) Add(ctx context.Context, text string, doc *ast.QueryDocument) {
	if len(text) <= maxCached {
		c.Cache.Add(ctx, text, doc)
	}
}
