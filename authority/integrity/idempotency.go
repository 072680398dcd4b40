package integrity

import (
	"errors"
	"fmt"

	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// eachRequest calls fn with what the rows of tokens and filters hold of requests that came with an
// idempotency key, and what leads to each row. It leaves out a token that the policies have deleted
// if its key leads to what was made with it since.
func eachRequest(all *rows.Rows, tx store.Reader, fn func(to rows.Made, request string) error) error {
	err := eachToken(all, tx, func(s rows.StoredToken, _ token.Token, alive bool) error {
		for _, request := range rows.RequestsOf(s.Token) {
			to := rows.Made{Number: s.Number}
			if !alive {
				led, ok, err := all.Requests.Get(tx, rows.KeyOf(request))
				if err != nil || !ok || led != to {
					return err
				}
			}
			if err := fn(to, request); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, all.Filters.Each(tx, store.Range{}, func(_ []byte, f ipfilter.Filter) error {
		if f.Request == "" {
			return nil
		}
		return fn(rows.Made{Filter: f.ID}, f.Request)
	}))
}

// checkIdempotency reports requests that do not lead to the row that they made, and rows of the
// table that lead nowhere.
func (c *checker) checkIdempotency() error {
	n := 0
	if err := eachRequest(c.rows, c.r, func(to rows.Made, request string) error {
		n++
		led, _, err := c.rows.Requests.Get(c.r, rows.KeyOf(request))
		if err == nil && led != to {
			err = fmt.Errorf("the idempotency key that %s was made with does not lead to it, so a repeated request would make another one", to)
		}
		return err
	}); err != nil {
		return err
	}
	if err := c.rows.Requests.Each(c.r, store.Range{}, func([]byte, rows.Made) error { n--; return nil }); err != nil {
		return err
	}
	if n != 0 {
		return fmt.Errorf("%d idempotency keys lead to what was not made with them", -n)
	}
	return nil
}

// repairIdempotency makes the table of idempotency keys anew.
func (s *Salvager) repairIdempotency(w store.Writer) error {
	return eachRequest(s.rows, w, func(to rows.Made, request string) error {
		return s.rows.Requests.Put(w, rows.KeyOf(request), to)
	})
}
