package budget

import (
	"io"

	"github.com/99designs/gqlgen/graphql"
)

// InTurn marshals n elements one after the other, as long as the answer does
// not become too large. The generated code calls it in the place of gqlgen's
// function that starts a goroutine for each: our elements are finished values,
// and a goroutine costs more than they do.
func (m *Meter) InTurn(n int, element func(i int) graphql.Marshaler) graphql.Array {
	m.Weigh(n + len("[]"))
	out := make(graphql.Array, 0, n)
	for i := range n {
		if m.stopped() {
			break // what is there so far will not be sent
		}
		out = append(out, element(i))
	}
	return out
}

// A Record is an object whose fields are all at hand. The generated code makes
// one in the place of gqlgen's FieldSet, which is made for fields that wait or
// are sent later, and costs most of what a list costs.
type Record struct {
	fields   []graphql.CollectedField
	Values   []graphql.Marshaler // for each field, set by the generated code
	Invalids uint32              // how many of them are null and must not be
}

// NewRecord returns an object of the fields, none of which has its value yet.
func (m *Meter) NewRecord(fields []graphql.CollectedField) *Record {
	for i := range fields {
		m.Weigh(len(fields[i].Alias) + len(`"":,`))
	}
	return &Record{fields: fields, Values: make([]graphql.Marshaler, len(fields))}
}

// MarshalGQL implements graphql.Marshaler. No two fields have the same name in
// the answer: gqlgen has made one of those that were asked for twice, and
// validation allows no others while Token is the only interface of which anything
// is returned.
func (r *Record) MarshalGQL(w io.Writer) {
	next := "{\""
	for i := range r.fields {
		io.WriteString(w, next)
		io.WriteString(w, r.fields[i].Alias) // a name, which needs no escapes
		io.WriteString(w, `":`)
		r.Values[i].MarshalGQL(w)
		next = ",\""
	}
	if len(r.fields) == 0 {
		io.WriteString(w, "{")
	}
	io.WriteString(w, "}")
}
