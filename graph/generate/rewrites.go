package main

import (
	"errors"
	"fmt"
	"regexp"
)

// A rewrite is one thing that can be said more plainly.
type rewrite struct {
	what    string
	from    *regexp.Regexp
	to      string
	cheaper bool // it only makes answers cheaper; all others keep them within their bounds
}

// rewrites returns what is done to the generated code. They match to the
// letter what gqlgen 0.17.98 writes.
func rewrites() []rewrite {
	return []rewrite{{
		what: "fields read from a struct",
		from: regexp.MustCompile(`(?m)^(func \(ec \*executionContext\) _\w+` +
			`\(ctx context\.Context, field graphql\.CollectedField, obj [^)]+\) \(ret graphql\.Marshaler\) \{\n)` +
			`\treturn graphql\.ResolveField\(\n\t\tctx,\n\t\tec\.OperationContext,\n\t\tfield,\n` +
			`\t\tfunc\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{\n` +
			`\t\t\treturn ec\.fieldContext_\w+\(ctx, field\)\n\t\t\},\n` +
			`\t\tfunc\(ctx context\.Context\) \(any, error\) \{\n\t\t\treturn (obj\.\w+), nil\n\t\t\},\n` +
			`\t\tnil,\n` +
			`\t\tfunc\(ctx context\.Context, selections ast\.SelectionSet, v [^)]+\) graphql\.Marshaler \{\n` +
			`\t\t\treturn (ec\.\S+)\(ctx, selections, v\)\n\t\t\},\n` +
			`\t\t(?:true|false),\n\t\t(?:true|false),\n\t\)\n\}\n`),
		to:      "${1}\treturn ${3}(ctx, field.Selections, ${2})\n}\n",
		cheaper: true,
	}, {
		what: "lists",
		from: regexp.MustCompile(`graphql\.MarshalSliceConcurrently` +
			`\(ctx, len\(v\), 0, false, func\(ctx context\.Context, i int\) graphql\.Marshaler \{\n` +
			`\t\tfc := graphql\.GetFieldContext\(ctx\)\n\t\tfc\.Result = &v\[i\]\n`),
		to: "ec.InTurn(len(v), func(i int) graphql.Marshaler {\n",
	}, {
		what: "objects whose fields are all at hand",
		from: regexp.MustCompile(`\tout := graphql\.NewFieldSet\(fields\)\n\tdeferred := graphql\.NewDeferredGroup\(ctx\)\n` +
			`(\tfor i, field := range fields \{\n\t\tswitch field\.Name \{\n(?:\t\t.*\n)*\t\}\n)` +
			`\tout\.Dispatch\(ctx\)\n(\tif out\.Invalids > 0 \{\n\t\treturn graphql\.Null\n\t\}\n)\n` +
			`\tif n := len\(deferred\.Defers\); n > 0 \{\n` +
			`\t\tatomic\.AddInt32\(&ec\.Deferred, int32\(min\(n, math\.MaxInt32\)\)\)\n\t\tec\.ProcessDeferredGroup\(deferred\)\n\t\}\n\n`),
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

// plainer carries out the rewrites, and returns what is left as gqlgen wrote it because that has
// another form now. It is an error if an answer would not be counted then.
func plainer(code []byte) (plain []byte, left []string, err error) {
	for _, r := range rewrites() {
		switch {
		case r.from.Match(code):
			code = r.from.ReplaceAll(code, []byte(r.to))
		case r.cheaper:
			left = append(left, r.what)
		default:
			return nil, nil, fmt.Errorf("no %s in a form that is known: %w", r.what, errUncounted)
		}
	}
	if err := counted(code); err != nil {
		return nil, nil, err
	}
	return code, left, nil
}

// errUncounted says what becomes of a server that is built all the same.
var errUncounted = errors.New("gqlgen writes something else than it did, " +
	"and answers would not be held within the memory they may take; teach graph/generate the new form")

// counted returns an error if anything is left that puts something into an answer past the meter.
func counted(code []byte) error {
	for what, n := range map[string]int{
		"a list that is not marshalled in turn":          count(code, `MarshalSliceConcurrently`),
		"an object whose names are not counted":          count(code, `graphql\.NewFieldSet\(`) - count(code, rootObject),
		"a text the length of which is not counted":      count(code, `res := \w+\.MarshalString\(`) - count(code, countedText),
		"an answer that is sent even if it is not whole": count(code, `data\.MarshalGQL\(`) - count(code, wholeAnswer),
	} {
		if n != 0 {
			return fmt.Errorf("%s is left: %w", what, errUncounted)
		}
	}
	return nil
}

// Forms that need no more counting. The fields of root objects do wait, and documents are held to
// a number of them.
const (
	rootObject = `graphql\.NewFieldSet\(fields\)\n\tdeferred := .*\n` +
		`\tfor i, field := range fields \{\n\t\tinnerCtx := graphql\.WithRootFieldContext\(`
	countedText = `ec\.Weigh\(scalar\.Length\(\*?v\)\)\n\tres := \w+\.MarshalString\(`
	wholeAnswer = `data = ec\.Whole\(data\)\n\t+buf\.Grow\(ec\.Room\(\)\)\n\t+data\.MarshalGQL\(`
)

func count(code []byte, form string) int {
	return len(regexp.MustCompile(form).FindAll(code, -1))
}
