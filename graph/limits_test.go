package graph

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// complaints validates a document as the server does.
func complaints(schema *ast.Schema, doc *ast.QueryDocument) gqlerror.List {
	return validator.ValidateWithRules(schema, doc, validationRules(newInputs(schema))())
}

func parsed(t testing.TB, query string) *ast.QueryDocument {
	t.Helper()
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func times(n int, text string) string { return strings.Repeat(text+" ", n) }

func nested(n int, inner string) string {
	return strings.Repeat("a { ", n) + inner + strings.Repeat(" }", n)
}

func TestLimits_EachIsExact(t *testing.T) {
	aliases := func(n int) string {
		return "{ viewer { " + strings.Repeat("a: id ", n) + "} }"
	}
	tests := []struct {
		name string
		most string // passes
		more string // does not
		word string // in the refusal
	}{
		{"12 levels of fields", "{ " + nested(11, "b") + " }", "{ " + nested(12, "b") + " }", "12 levels of fields."},
		{"12 levels through a fragment", "{ ...F } fragment F on Query { " + nested(11, "b") + " }", "{ a { ...F } } fragment F on Query { " + nested(11, "b") + " }", "12 levels of fields."},
		{"25 levels about the schema", "{ __schema { " + nested(24, "b") + " } }", "{ __schema { " + nested(25, "b") + " } }", "25 levels of fields about the schema."},
		{"20 aliases", aliases(20), aliases(21), "20 aliases."},
		{"20 aliases through a fragment", "{ b { ...F } c { ...F } } fragment F on Query { " + times(10, "a: id") + " }", "{ b { ...F } c { ...F } x: d } fragment F on Query { " + times(10, "a: id") + " }", "20 aliases."},
		{"10 root fields", "{ " + times(10, "a") + "}", "{ " + times(11, "a") + "}", "10 fields at its top."},
		{"10 root fields through inline fragments", "{ ... { " + times(5, "a") + "} " + times(5, "a") + "}", "{ ... { " + times(6, "a") + "} " + times(5, "a") + "}", "10 fields at its top."},
		{"5 mutations", "mutation { " + times(5, "a") + "}", "mutation { " + times(6, "a") + "}", "5 mutations."},
		{"2 questions about the schema", "{ __schema { a } __type { a } }", "{ __schema { a } __type { a } __type { b } }", "2 fields about the schema"},
		{"400 fields", "{ a { " + times(399, "b") + "} }", "{ a { " + times(400, "b") + "} }", "400 fields."},
		{"20 directives", "{ a " + times(20, "@d") + "}", "{ a " + times(21, "@d") + "}", "20 directives."},
		{"20 directives in all places", "query($v: Int " + times(10, "@d") + ") " + times(5, "@d") + "{ ... @d { a } ...F @d } fragment F on Query @d { a @d @d }", "query($v: Int " + times(10, "@d") + ") " + times(6, "@d") + "{ ... @d { a } ...F @d } fragment F on Query @d { a @d @d }", "20 directives."},
		{"100 uses of fragments", "{ a { " + times(100, "...F") + "} } fragment F on Query { a }", "{ a { " + times(101, "...F") + "} } fragment F on Query { a }", "100 uses of fragments."},
		{"20 operations", times(20, "query { a }"), times(21, "query { a }"), "20 operations."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if f := tooMuch(parsed(t, test.most)); f != nil {
				t.Errorf("%s\nis refused: %v", test.most, f)
			}
			if f := tooMuch(parsed(t, test.more)); f == nil || !strings.Contains(f.Message, test.word) {
				t.Errorf("%s\ngot %v, want a refusal that says %q", test.more, f, test.word)
			}
		})
	}
}

// 60 fragments that spread the next one twice are 2 to the power of 60
// selections. This one would not end if any of them were walked twice.
func TestLimits_EachSelectionIsLookedAtOnce(t *testing.T) {
	doc := &ast.QueryDocument{}
	for i := range 61 {
		next := &ast.FragmentSpread{Name: string(rune('A' + i + 1))}
		doc.Fragments = append(doc.Fragments, &ast.FragmentDefinition{Name: string(rune('A' + i)), SelectionSet: ast.SelectionSet{next, next}})
	}
	doc.Fragments[60].SelectionSet = ast.SelectionSet{&ast.Field{Name: "a", Alias: "a"}}
	m := measurer{doc: doc, fragments: map[string]extent{}}
	e := m.fragment("A")
	if want := 2*60 + 1; m.steps != want {
		t.Errorf("%d selections were looked at, want %d: each once", m.steps, want)
	}
	if e.fields <= maxFields {
		t.Errorf("%d fields were counted, want more than any limit", e.fields)
	}
}

func TestLimits_AFragmentOfItselfEnds(t *testing.T) {
	if f := tooMuch(parsed(t, "{ ...A } fragment A on Query { a { ...B } } fragment B on Query { b { ...A } }")); f != nil {
		t.Errorf("got %v; the refusal is for validation to give", f)
	}
}

// FuzzGraphQLDoc holds the limits against whatever can be parsed: they look at
// each selection once, and refuse or let pass.
func FuzzGraphQLDoc(f *testing.F) {
	for _, query := range []string{
		"{ viewer { id } }", "mutation { a: b c @d(e: 1) }", "{ ...A } fragment A on Q { ...A b { ...A } }",
		"query Q($v: [Int!] = [1] @d) { a(b: {c: $v}) { ... on T @e { f } } }", "{ __schema { types { name } } }",
	} {
		f.Add(query)
	}
	schema := describedSchema()
	f.Fuzz(func(t *testing.T, query string) {
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
		if err != nil {
			return
		}
		m := measurer{doc: doc, fragments: map[string]extent{}}
		for _, fr := range doc.Fragments {
			m.fragment(fr.Name)
		}
		for _, op := range doc.Operations {
			m.selections(op.SelectionSet)
		}
		if m.steps > maxTokens {
			t.Errorf("%d selections were looked at in a document of at most %d words", m.steps, maxTokens)
		}
		if tooMuch(doc) == nil && len(doc.Operations) > 0 {
			if errs := complaints(schema, doc); len(errs) > maxErrors {
				t.Errorf("%d complaints, want at most %d", len(errs), maxErrors)
			}
		}
	})
}

func TestHideSecrets_ALongComplaintIsCutBeforeTheWordThatDoesNotFit(t *testing.T) {
	in := newInputs(describedSchema())
	secret := strings.Repeat("Secret7", 6)
	for at := longestComplaint - 60; at < longestComplaint+10; at++ {
		got := in.hideSecrets(strings.Repeat("a ", at/2) + secret + " and more")
		if strings.Contains(got, "Secret7") || len(got) > longestComplaint+len("(more)") {
			t.Fatalf("with a secret at %d: %d bytes, …%s", at, len(got), got[max(0, len(got)-80):])
		}
	}
	if got := in.hideSecrets(strings.Repeat(secret, 3000)); got != "(more)" {
		t.Errorf("one long word: %q", got)
	}
}
