// Package scalar reads and writes the values of GraphQL that are not built
// in. What it refuses names no more of the value than its kind: arguments are
// decoded before anybody asks who is calling.
package scalar

import (
	"encoding/json"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/fault"
	"tokenscale/permission"
)

// MarshalLong writes a whole number of 64 bits.
func MarshalLong(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [20]byte
		w.Write(strconv.AppendInt(buf[:0], n, 10))
	})
}

// UnmarshalLong reads a whole number of 64 bits. It refuses fractions,
// strings and what does not fit with Invalid.
func UnmarshalLong(v any) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case int:
		return int64(v), nil
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, fault.New(fault.Invalid, "A Long must be a whole number of 64 bits, written without quotes, fraction or exponent.")
}

// MarshalSystemPermission writes the API name of p.
func MarshalSystemPermission(p permission.Permission) graphql.Marshaler {
	return graphql.MarshalString(p.Name())
}

// UnmarshalSystemPermission reads the API name of a permission. It refuses
// any other value with Invalid.
func UnmarshalSystemPermission(v any) (permission.Permission, error) {
	name, _ := v.(string)
	if p, ok := permission.Parse(name); ok {
		return p, nil
	}
	return 0, fault.New(fault.Invalid, "This is not a SystemPermission. Ask __type(name: \"SystemPermission\") { enumValues { name } } for the names.")
}
