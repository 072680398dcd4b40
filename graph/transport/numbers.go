package transport

import (
	"encoding/json"
	"strconv"

	"tokenscale/graph/scalar"
)

// plainNumbers writes the whole numbers among variables with digits only,
// wherever they stand: the GraphQL library takes 5.0 and 1.9E12 for no Int. None
// of our inputs is a fraction, so nobody can have meant the point.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := scalar.Whole(string(v)); ok {
			return json.Number(strconv.FormatInt(n, 10))
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plainNumbers(v[name])
		}
	}
	return v
}
