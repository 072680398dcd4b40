package graph

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tokenscale/fault"
	"tokenscale/ipfilter"
)

// What a document may ask for. The longest that a known client sends is
// GraphiQL's question about the schema: 230 fields, 14 levels below __schema.
const (
	maxDepth       = 12  // levels of fields, apart from those below __schema and __type
	maxSchemaDepth = 25  // levels of fields below __schema and __type
	maxSchemaRoots = 2   // __schema and __type in one operation
	maxFields      = 400 // fields of an operation, counted wherever a fragment is spread
	maxAliases     = 20  // fields of an operation that are given another name
	maxRootFields  = 10  // fields at the top of an operation
	maxMutations   = 5   // changes in one operation, which is all of a document that is carried out
	maxDirectives  = 20  // directives in a document
	maxOperations  = 20  // operations in a document
	// Times that a document uses a fragment; validation compares each with each.
	maxSpreads = 100

	// maxQuery is how long a document may be, in bytes. It has room for an IP
	// filter that stands in the query itself, with a backslash before each
	// character.
	maxQuery = 2*ipfilter.MaxText + 16<<10

	// maxErrors is how many complaints about a document are told.
	maxErrors = 20
)

// measure refuses documents that ask for too much, before anything walks them
// that takes longer than reading them did. Validation is quadratic in repeated
// fields, and what is carried out afterwards is as large as the document says.
// One that cannot be parsed passes: who reads it next says what is wrong with it.
func measure(query string) *fault.Error {
	if f := over("bytes", len(query), maxQuery); f != nil {
		return f
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		return nil
	}
	return tooMuch(doc)
}

// tooMuch says which limit a document exceeds, or nil. It looks at each
// selection once.
func tooMuch(doc *ast.QueryDocument) *fault.Error {
	m := measurer{doc: doc, fragments: make(map[string]extent, len(doc.Fragments))}
	if f := over("operations", len(doc.Operations), maxOperations); f != nil {
		return f
	}
	for _, f := range doc.Fragments { // those that no operation uses are validated too
		m.fragment(f.Name)
		m.directives += len(f.Directives)
	}
	for _, op := range doc.Operations {
		m.directives += len(op.Directives)
		for _, v := range op.VariableDefinitions {
			m.directives += len(v.Directives)
		}
		if f := m.operation(op); f != nil {
			return f
		}
	}
	for _, e := range m.fragments {
		e.depth, e.schemaDepth = 0, max(e.depth, e.schemaDepth) // it may be about the schema
		if f := e.tooMuch(); f != nil {
			return f
		}
	}
	if f := over("uses of fragments", m.spreads, maxSpreads); f != nil {
		return f
	}
	return over("directives", m.directives, maxDirectives)
}

// over refuses a document that has more of something than it may.
func over(what string, got, limit int) *fault.Error {
	if got <= limit {
		return nil
	}
	return fault.New(fault.Invalid, "The query asks for too much at once: it may have %d %s.", limit, what)
}

// An extent is how large a selection is, with all the fragments it spreads.
type extent struct {
	depth, schemaDepth    int
	fields, aliases       int
	rootFields, rootsMeta int // the fields at its top, and those of them that are about the schema
}

func (e extent) tooMuch() *fault.Error {
	for _, limit := range []struct {
		what string
		got  int
		most int
	}{
		{"levels of fields", e.depth, maxDepth},
		{"levels of fields about the schema", e.schemaDepth, maxSchemaDepth},
		{"fields", e.fields, maxFields},
		{"aliases", e.aliases, maxAliases},
	} {
		if f := over(limit.what, limit.got, limit.most); f != nil {
			return f
		}
	}
	return nil
}

// with returns the extent of e and o side by side. It stops counting far above
// all limits, so that fragments that double cannot make it overflow.
func (e extent) with(o extent) extent {
	const enough = 1 << 20
	return extent{
		depth: max(e.depth, o.depth), schemaDepth: max(e.schemaDepth, o.schemaDepth),
		fields: min(e.fields+o.fields, enough), aliases: min(e.aliases+o.aliases, enough),
		rootFields: min(e.rootFields+o.rootFields, enough), rootsMeta: min(e.rootsMeta+o.rootsMeta, enough),
	}
}

// A measurer finds the extents of a document. Each fragment is measured once.
type measurer struct {
	doc        *ast.QueryDocument
	fragments  map[string]extent
	directives int
	spreads    int
	steps      int // selections looked at
}

// operation says which limit an operation exceeds.
func (m *measurer) operation(op *ast.OperationDefinition) *fault.Error {
	e := m.selections(op.SelectionSet)
	if f := e.tooMuch(); f != nil {
		return f
	}
	if f := over("fields about the schema at its top", e.rootsMeta, maxSchemaRoots); f != nil {
		return f
	}
	if op.Operation == ast.Mutation {
		return over("mutations", e.rootFields, maxMutations)
	}
	return over("fields at its top", e.rootFields, maxRootFields)
}

func (m *measurer) selections(set ast.SelectionSet) extent {
	var sum extent
	for _, s := range set {
		m.steps++
		switch s := s.(type) {
		case *ast.Field:
			m.directives += len(s.Directives)
			sum = sum.with(m.field(s))
		case *ast.InlineFragment:
			m.directives += len(s.Directives)
			sum = sum.with(m.selections(s.SelectionSet))
		case *ast.FragmentSpread:
			m.spreads++
			m.directives += len(s.Directives)
			sum = sum.with(m.fragment(s.Name))
		}
	}
	return sum
}

func (m *measurer) field(f *ast.Field) extent {
	e := m.selections(f.SelectionSet)
	e.rootFields, e.rootsMeta = 1, 0
	e.fields++
	if f.Alias != f.Name {
		e.aliases++
	}
	if f.Name == "__schema" || f.Name == "__type" {
		e.schemaDepth, e.depth, e.rootsMeta = max(e.depth, e.schemaDepth), 0, 1
	}
	e.depth++
	return e
}

// fragment returns the extent of a fragment. One that spreads itself is refused
// by validation; here it counts for nothing inside itself.
func (m *measurer) fragment(name string) extent {
	if e, ok := m.fragments[name]; ok {
		return e
	}
	m.fragments[name] = extent{}
	if f := m.doc.Fragments.ForName(name); f != nil {
		m.fragments[name] = m.selections(f.SelectionSet)
	}
	return m.fragments[name]
}

// fewErrors returns the rules, which together complain at most maxErrors times
// about one document.
func fewErrors(all *rules.Rules) *rules.Rules {
	told := 0
	few := &rules.Rules{}
	for name, rule := range all.GetInner() {
		few.AddRule(name, func(on *core.Events, addError core.AddErrFunc) {
			rule(on, func(options ...core.ErrorOption) {
				if told++; told <= maxErrors {
					addError(options...)
				}
			})
		})
	}
	return few
}
