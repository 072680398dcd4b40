package authority_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rekey"
	"tokenscale/policy"
	"tokenscale/store"
)

// narrow is a store that takes no more in one transaction than a cluster would.
type narrow struct {
	store.DB
	rows    int // in one transaction at most; narrowRows if zero
	largest int // rows in a transaction, so far
}

const narrowRows, narrowBytes = 128, 1 << 20 * 5 / 4

// Limits implements store.DB.
func (n *narrow) Limits() (rows, bytes int) { return cmp.Or(n.rows, narrowRows), narrowBytes }

// Update implements store.DB.
func (n *narrow) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	return n.DB.Update(ctx, func(w store.Writer) error {
		c := &rowCounter{Writer: w, rows: map[string]int{}}
		if err := fn(c); err != nil {
			return err
		}
		bytes := 0
		for key, value := range c.rows {
			bytes += len(key) + value
		}
		most, _ := n.Limits()
		if n.largest = max(n.largest, len(c.rows)); len(c.rows) > most || bytes > narrowBytes {
			return fmt.Errorf("%w: %d rows, %d bytes", store.ErrLarge, len(c.rows), bytes)
		}
		return nil
	}, how...)
}

// rowCounter counts the rows that a transaction changes.
type rowCounter struct {
	store.Writer
	rows map[string]int // bytes of the value
}

// Put implements store.Writer.
func (c *rowCounter) Put(t store.Table, key, value []byte) error {
	c.rows[string(t)+"/"+string(key)] = len(value)
	return c.Writer.Put(t, key, value)
}

// Delete implements store.Writer.
func (c *rowCounter) Delete(t store.Table, key []byte) error {
	c.rows[string(t)+"/"+string(key)] = 0
	return c.Writer.Delete(t, key)
}

// What is done to many tokens at once is divided as the store wants it.
func TestBatchesAreNoLargerThanTheStoreTakes(t *testing.T) {
	var n *narrow
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB {
		n = &narrow{DB: db}
		return n
	}})
	filled := func(task string, do func() error) {
		t.Helper()
		n.largest = 0
		if err := do(); err != nil {
			t.Fatalf("%s: %v", task, err)
		}
		if n.largest < narrowRows/2 {
			t.Errorf("%s: the largest transaction had %d rows of %d; is it divided at all?", task, n.largest, narrowRows)
		}
	}
	ends := h.Clock.Millis().Add(10 * day)
	secrets := make([]string, 200)
	for i := range secrets {
		d := draft(fmt.Sprint("x ", i))
		d.Expiry.At = &ends
		first, _, err := keyed(h, root(), fmt.Sprint("create ", i), d)
		must(t, err)
		_, secret, err := h.RotateToken(t.Context(), withKey(as(root(), "rotateToken"), fmt.Sprint("rotate ", i)), first.ID, 0)
		must(t, err)
		secrets[i] = secret.Reveal()
	}
	for _, secret := range secrets {
		verdict(t, h, secret, policy.Accepted)
	}
	filled("writing last uses", func() error { return h.FlushUses(t.Context()) })
	h.Clock.Pass(4 * day)
	filled("telling of tokens that will expire", func() error { return h.WarnOfExpiry(t.Context()) })
	office := filter(t, h, "office", "allow all")
	set(t, h, policy.Security{Enabled: true, FilterID: office, MaxAgeMs: 6 * day.Milliseconds()})
	h.Clock.Pass(3 * day)
	filled("hiding expired tokens", func() error { return h.HideExpired(t.Context()) })
	set(t, h, policy.Security{})
	filled("bringing rows up to date", func() error { return h.Mend(t.Context()) })
	if all := len(h.All()); all != 0 {
		t.Errorf("%d tokens are left", all)
	}
}

// The rows of filters are large: they are divided by their bytes.
func TestRotatingKeysWritesNoMoreThanTheStoreTakes(t *testing.T) {
	h := authoritytest.Open(t)
	rules := strings.Repeat("allow 2001:db8:1234:5678:9abc:def0:1234:5678\n", 2000)
	for i := range 30 {
		filter(t, h, fmt.Sprint("large ", i), rules)
	}
	h.Close()
	must(t, withKeys(t, h, func(c rekey.Change) error {
		n := &narrow{DB: c.DB}
		c.DB = n
		_, err := rekey.Rotate(t.Context(), c)
		if n.largest < 10 {
			t.Errorf("the largest transaction had %d rows; is anything done together?", n.largest)
		}
		return err
	}))
	must(t, h.TryOpen())
}
