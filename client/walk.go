package client

import (
	"context"
	"iter"

	"github.com/Khan/genqlient/graphql"
)

// A TokenList says which system tokens are asked for, and in which order. Its fields are the
// arguments of systemTokens; the zero TokenList asks for all tokens by name.
type TokenList struct {
	SearchFilter     *string
	PermissionFilter []SystemPermission
	StateFilter      []SystemTokenState
	ExpiresBefore    *int64 // milliseconds since 1970, as UnusedSince
	UnusedSince      *int64
	IPFilterIDFilter []string
	CreatedByFilter  *string
	NeverExpires     *bool
	WithoutIPFilter  *bool

	SortBy   *Tokens__SortBy
	OrderBy  *OrderBy
	PageSize *int // tokens in one request, at most 1000; the server's 50 if nil
}

// EachSystemToken yields the system tokens that l asks for, page by page. It yields each token
// that nobody changes meanwhile exactly once, whatever else is made or deleted. An error is the
// last that it yields.
func EachSystemToken(ctx context.Context, c graphql.Client, l TokenList) iter.Seq2[SystemTokenParts, error] {
	return func(yield func(SystemTokenParts, error) bool) {
		var after *string
		for more := true; more; {
			got, err := SystemTokens(ctx, c, l.SearchFilter, l.PermissionFilter, l.StateFilter, l.ExpiresBefore, l.UnusedSince, l.IPFilterIDFilter,
				l.CreatedByFilter, l.NeverExpires, l.WithoutIPFilter, l.SortBy, l.OrderBy, nil, l.PageSize, after)
			if err != nil {
				yield(SystemTokenParts{}, err)
				return
			}
			for _, t := range got.SystemTokens.Results {
				if !yield(t.SystemTokenParts, nil) {
					return
				}
			}
			more, after = got.SystemTokens.HasNextPage, got.SystemTokens.EndCursor
		}
	}
}
