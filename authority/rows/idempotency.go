package rows

import (
	"fmt"
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

// Made is what was made with an idempotency key: a token, whose row is one of those with the
// number, or else a filter. It leads to a hidden token as well.
type Made struct {
	Number token.Number
	Filter ipfilter.ID
}

// String names it for people.
func (m Made) String() string {
	if m.Number == 0 {
		return "the IP filter " + string(m.Filter)
	}
	return fmt.Sprintf("the token number %d", m.Number)
}

func packMade(p *Packer, m Made) {
	p.Number(Version)
	p.Number(uint64(m.Number))
	p.Text(string(m.Filter))
}

func unpackMade(u *Unpacker, _ []byte) Made {
	u.Expect(Version)
	m := Made{token.Number(u.Number()), ipfilter.ID(u.Text())}
	if (m.Number == 0) == (m.Filter == "") {
		u.fail()
	}
	return m
}

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

// lead has requests that now stand in the row of what was made lead to it, and forgets those that
// no longer do. The key of a token that the policies have deleted may have come again before its
// row goes, and then leads elsewhere.
func (r *Rows) lead(w store.Writer, to Made, before, now []string) error {
	for _, request := range before {
		if slices.Contains(now, request) {
			continue
		}
		led, ok, err := r.Requests.Get(w, KeyOf(request))
		if ok && led == to {
			err = r.Requests.Delete(w, KeyOf(request))
		}
		if err != nil {
			return err
		}
	}
	for _, request := range now {
		if slices.Contains(before, request) {
			continue
		}
		if err := r.Requests.Put(w, KeyOf(request), to); err != nil {
			return err
		}
	}
	return nil
}

// AddFilter writes a new filter.
func (r *Rows) AddFilter(w store.Writer, f ipfilter.Filter) error {
	if f.Request != "" {
		if err := r.lead(w, Made{Filter: f.ID}, nil, []string{f.Request}); err != nil {
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
