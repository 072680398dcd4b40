package ledger

import (
	"tokenscale/audit"
	"tokenscale/token"
)

// Described lists what a token is, as the entry of a new one does.
func Described(v token.Token) []audit.Field {
	const most = 9 // with what else is told of it
	fields := append(make([]audit.Field, 0, most),
		audit.One("tokenName", v.Name),
		audit.Many("newPermissions", v.Permissions.Names()),
		audit.One("ipFilterId", string(v.FilterID)),
		audit.Moment("expireAt", v.ExpireAt),
	)
	if v.Note != "" { // few have one
		fields = append(fields, audit.One("note", v.Note))
	}
	return fields
}
