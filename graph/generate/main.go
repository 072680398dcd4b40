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
// Run it in the root of the repository: go run ./graph/generate
package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"

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
	code, err := os.ReadFile(cfg.Exec.Filename)
	if err != nil {
		return err
	}
	if code, err = plainer(code); err != nil {
		return err
	}
	return os.WriteFile(cfg.Exec.Filename, code, 0o644)
}

// A rewrite is one thing that can be said more plainly.
type rewrite struct {
	what string
	from *regexp.Regexp
	to   string
}

// rewrites returns what is done to the generated code. They match to the
// letter what gqlgen 0.17.98 writes.
func rewrites() []rewrite {
	return []rewrite{{
		what: "fields read from a struct",
		from: regexp.MustCompile(`(?m)^(func \(ec \*executionContext\) _\w+\(ctx context\.Context, field graphql\.CollectedField, obj [^)]+\) \(ret graphql\.Marshaler\) \{\n)` +
			`\treturn graphql\.ResolveField\(\n\t\tctx,\n\t\tec\.OperationContext,\n\t\tfield,\n` +
			`\t\tfunc\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{\n\t\t\treturn ec\.fieldContext_\w+\(ctx, field\)\n\t\t\},\n` +
			`\t\tfunc\(ctx context\.Context\) \(any, error\) \{\n\t\t\treturn (obj\.\w+), nil\n\t\t\},\n` +
			`\t\tnil,\n` +
			`\t\tfunc\(ctx context\.Context, selections ast\.SelectionSet, v [^)]+\) graphql\.Marshaler \{\n\t\t\treturn (ec\.\S+)\(ctx, selections, v\)\n\t\t\},\n` +
			`\t\t(?:true|false),\n\t\t(?:true|false),\n\t\)\n\}\n`),
		to: "${1}\treturn ${3}(ctx, field.Selections, ${2})\n}\n",
	}, {
		what: "lists",
		from: regexp.MustCompile(`graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, func\(ctx context\.Context, i int\) graphql\.Marshaler \{\n\t\tfc := graphql\.GetFieldContext\(ctx\)\n\t\tfc\.Result = &v\[i\]\n`),
		to:   "ec.InTurn(len(v), func(i int) graphql.Marshaler {\n",
	}, {
		what: "objects whose fields are all at hand",
		from: regexp.MustCompile(`\tout := graphql\.NewFieldSet\(fields\)\n\tdeferred := graphql\.NewDeferredGroup\(ctx\)\n` +
			`(\tfor i, field := range fields \{\n\t\tswitch field\.Name \{\n(?:\t\t.*\n)*\t\}\n)` +
			`\tout\.Dispatch\(ctx\)\n(\tif out\.Invalids > 0 \{\n\t\treturn graphql\.Null\n\t\}\n)\n` +
			`\tif n := len\(deferred\.Defers\); n > 0 \{\n\t\tatomic\.AddInt32\(&ec\.Deferred, int32\(min\(n, math\.MaxInt32\)\)\)\n\t\tec\.ProcessDeferredGroup\(deferred\)\n\t\}\n\n`),
		to: "\tout := ec.NewRecord(fields)\n${1}${2}",
	}, {
		what: "answers",
		from: regexp.MustCompile(`\tvar buf bytes\.Buffer\n(\t+)data\.MarshalGQL`),
		to:   "\tvar buf bytes.Buffer\n${1}data = ec.Whole(data)\n${1}buf.Grow(ec.Room())\n${1}data.MarshalGQL",
	}, {
		what: "text",
		from: regexp.MustCompile(`\tres := (graphql|scalar)\.MarshalString\((\*?v)\)\n`),
		to:   "\tec.Weigh(scalar.Length(${2}))\n\tres := ${1}.MarshalString(${2})\n",
	}, {
		what: "what an answer carries with it",
		from: regexp.MustCompile(`(type executionContext struct \{\n\t\*graphql\.ExecutionContextState\[.*\]\n)\}`),
		to:   "${1}\t*budget.Meter\n}",
	}, {
		what: "the start of an answer",
		from: regexp.MustCompile(`(\tec := newExecutionContext\(opCtx, e, make\(chan graphql\.DeferredResult\)\)\n)(\tinputUnmarshalers)`),
		to:   "${1}\tec.Meter = budget.Of(ctx)\n${2}",
	}, {
		what: "imports",
		from: regexp.MustCompile(`\t"tokenscale/graph/model"\n`),
		to:   "\t\"tokenscale/graph/budget\"\n${0}",
	}}
}

// plainer carries out the rewrites. One that finds nothing is an error: then
// gqlgen writes something else than it did, and somebody has to look.
func plainer(code []byte) ([]byte, error) {
	for _, r := range rewrites() {
		if !r.from.Match(code) {
			return nil, fmt.Errorf("no %s in the code that gqlgen wrote; it has changed, and so must graph/generate", r.what)
		}
		code = r.from.ReplaceAll(code, []byte(r.to))
	}
	if bytes.Contains(code, []byte("MarshalSliceConcurrently")) {
		return nil, fmt.Errorf("a list is left that is marshalled concurrently; graph/generate has to learn its form")
	}
	return code, nil
}
