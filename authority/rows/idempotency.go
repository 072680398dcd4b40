package rows

import (
	"slices"

	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// digestLength is the length of one of the two digests that a row holds of a request.
const digestLength = 32

// Request returns what the row of a token or an IP filter holds of the request that made it: the
// digest of the idempotency key, and that of the mutation and its input.
func Request(key, input [digestLength]byte) string { return string(key[:]) + string(input[:]) }

// KeyOf returns the key in Requests of what a row holds of a request.
func KeyOf(request string) string { return request[:digestLength] }

func unpackRequest(u *Unpacker) string {
	s := u.Text()
	if s != "" && len(s) != 2*digestLength {
		u.fail()
		return ""
	}
	return s
}

// RequestsOf returns what the row of v holds of requests, without empty ones.
func RequestsOf(v token.Token) []string {
	var list []string
	for _, request := range []string{v.CreateRequest, v.RotateRequest} {
		if request != "" {
			list = append(list, request)
		}
	}
	return list
}

// lead has requests that now stand in the row of id lead to it, and forgets those that no longer
// do.
func (r *Rows) lead(w store.Writer, id string, before, now []string) error {
	for _, request := range before {
		if slices.Contains(now, request) {
			continue
		}
		if err := r.Requests.Delete(w, KeyOf(request)); err != nil {
			return err
		}
	}
	for _, request := range now {
		if slices.Contains(before, request) {
			continue
		}
		if err := r.Requests.Put(w, KeyOf(request), id); err != nil {
			return err
		}
	}
	return nil
}

// AddFilter writes a new filter.
func (r *Rows) AddFilter(w store.Writer, f ipfilter.Filter) error {
	if f.Request != "" {
		if err := r.lead(w, string(f.ID), nil, []string{f.Request}); err != nil {
			return err
		}
	}
	return r.Filters.Put(w, string(f.ID), f)
}

// RemoveFilter deletes f, which is as it was stored.
func (r *Rows) RemoveFilter(w store.Writer, f ipfilter.Filter) error {
	if f.Request != "" {
		if err := r.Requests.Delete(w, KeyOf(f.Request)); err != nil {
			return err
		}
	}
	return r.Filters.Delete(w, string(f.ID))
}
