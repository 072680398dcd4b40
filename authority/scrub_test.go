package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
)

// under changes rows of the running House behind its back: its followers are
// not told.
type under struct {
	store.DB
	deaf atomic.Bool
	rows atomic.Int64 // most that one transaction has read
}

func (u *under) Follow(fn func([]store.Change)) {
	u.DB.Follow(func(c []store.Change) {
		if !u.deaf.Load() {
			fn(c)
		}
	})
}

func (u *under) View(ctx context.Context, fn func(store.Reader) error) error {
	return u.DB.View(ctx, func(r store.Reader) error { return fn(&counting{r, u, 0}) })
}

// put writes a row that the House does not hear of.
func (u *under) put(t *testing.T, table store.Table, key, row []byte) {
	t.Helper()
	u.deaf.Store(true)
	defer u.deaf.Store(false)
	must(t, u.DB.Update(context.Background(), func(w store.Writer) error { return w.Put(table, key, row) }))
}

// get returns a row.
func (u *under) get(t *testing.T, table store.Table, key string) (row []byte) {
	t.Helper()
	must(t, u.DB.View(context.Background(), func(r store.Reader) error {
		v, err := r.Get(table, []byte(key))
		row = bytes.Clone(v)
		return err
	}))
	return row
}

// counting counts the rows of one transaction.
type counting struct {
	store.Reader
	u *under
	n int64
}

func (c *counting) Scan(t store.Table, r store.Range, fn func(key, value []byte) error) error {
	return c.Reader.Scan(t, r, func(key, value []byte) error {
		if c.n++; c.n > c.u.rows.Load() {
			c.u.rows.Store(c.n)
		}
		return fn(key, value)
	})
}

// Sums implements store.Summed.
func (c *counting) Sums() (store.SealedSums, error) { return c.Reader.(store.Summed).Sums() }

func undermined(t *testing.T) (*authoritytest.House, *under) {
	t.Helper()
	u := &under{}
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { u.DB = db; return u }})
	h.Unchecked = true
	return h, u
}

func flip(row []byte) []byte {
	bad := bytes.Clone(row)
	bad[len(bad)/2] ^= 1
	return bad
}

// unsoundEntries returns the entries about bad rows, the oldest first.
func unsoundEntries(h *authoritytest.House) (list []audit.Entry) {
	for _, e := range h.Trail() {
		if e.Type == audit.Unsound {
			list = append([]audit.Entry{e}, list...)
		}
	}
	return list
}

func TestScrub_ABadRowIsFoundToldOnceAndItsTokenRefused(t *testing.T) {
	h, u := undermined(t)
	bad, badSecret := h.Token(draft("bad"))
	// Memory does without idempotency keys, which is no difference.
	v, _, err := keyed(h, root(), "k1", draft("good"))
	must(t, err)
	_, s, err := h.RotateToken(t.Context(), withKey(as(root(), "rotateToken"), "k2"), v.ID, 0)
	must(t, err)
	good := s.Reveal()
	d := draft("filtered")
	d.FilterID = filter(t, h, "f", "allow all")
	_, filtered := h.Token(d)
	must(t, h.Scrub(t.Context()))
	if s := h.Stats().Scrub; s.Bad != 0 || s.Passes != 1 || s.Rows == 0 || s.Ended != h.Clock.Millis() {
		t.Fatalf("a sound store: %+v", s)
	}
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(bad)), flip(u.get(t, authority.Names.Tokens, authority.RowKey(bad))))
	u.put(t, authority.Names.Filters, []byte(d.FilterID), flip(u.get(t, authority.Names.Filters, string(d.FilterID))))
	u.put(t, authority.Names.Uses, []byte("x"), []byte("nonsense"))
	verdict(t, h, badSecret, policy.Accepted) // nothing has looked yet
	must(t, h.Scrub(t.Context()))
	must(t, h.Scrub(t.Context()))
	verdict(t, h, badSecret, policy.Damaged)
	verdict(t, h, filtered, policy.Damaged)
	verdict(t, h, good, policy.Accepted)
	if s := h.Stats().Scrub; s.Bad != 3 || s.Passes != 3 {
		t.Errorf("got %+v, want 3 bad rows", s)
	}
	entries := unsoundEntries(h)
	if len(entries) != 3 || entries[0].TokenID != string(bad.ID) || entries[0].Fields[1].Value != "number 1" || !strings.Contains(entries[0].Fields[2].Value, "changed outside") {
		t.Errorf("the audit log: %v", entries)
	}
	if found := about(t, h, bad.ID); len(found) != 2 {
		t.Errorf("%d entries are found about the token", len(found))
	}
	if !strings.Contains(h.Log.String(), "a stored row is not what the server wrote") {
		t.Error("the log says nothing")
	}
}

// A sealed row is sound for ever. Memory tells that it is not the newest.
func TestScrub_AnOlderRowOrOneOfADeletedTokenIsFound(t *testing.T) {
	h, u := undermined(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	v, secret := h.Token(draft("weakened"))
	older := u.get(t, authority.Names.Tokens, authority.RowKey(v))
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, 0))
	gone, goneSecret := h.Token(draft("deleted"))
	revived := u.get(t, authority.Names.Tokens, authority.RowKey(gone))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), gone.ID))
	policies := u.get(t, authority.Names.Settings, "policies")
	set(t, h, maximum(day))
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(v)), older)
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(gone)), revived)
	u.put(t, authority.Names.Settings, []byte("policies"), policies)
	must(t, h.Scrub(t.Context()))
	verdict(t, h, secret, policy.Damaged)
	verdict(t, h, goneSecret, policy.Unknown)
	entries := unsoundEntries(h)
	if len(entries) != 3 {
		t.Fatalf("%d entries, want 3: %v", len(entries), entries)
	}
	for _, e := range entries {
		if !strings.Contains(e.Fields[2].Value, "an older one was put in its place") {
			t.Errorf("got %v", e.Fields)
		}
	}
}

// What a command comes upon is told in the same way.
func TestScrub_ARowThatACommandComesUponIsToldToo(t *testing.T) {
	h, u := undermined(t)
	v, secret := h.Token(draft("x"))
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(v)), flip(u.get(t, authority.Names.Tokens, authority.RowKey(v))))
	if err := h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID); err == nil {
		t.Error("it was deleted")
	}
	verdict(t, h, secret, policy.Damaged)
	if s := h.Stats().Scrub; s.Bad != 1 || len(unsoundEntries(h)) != 1 {
		t.Errorf("got %+v and %v", s, unsoundEntries(h))
	}
}

// Rows that change while they are read are never taken for bad ones.
func TestScrub_NeverWrongWhileEverythingChanges(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	v, _ := h.Token(draft("hot"))
	id := filter(t, h, "f", "allow all")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 60 {
			to, text := health, "allow all"
			if i%2 == 0 {
				to, text = 0, "deny all"
			}
			must(t, h.UpdatePermissions(context.Background(), as(root(), "update"), v.ID, to))
			_, err := h.UpdateFilter(context.Background(), as(root(), "updateIPFilter"), id, nil, &text)
			must(t, err)
			made, _, err := h.CreateToken(context.Background(), as(root(), "create"), draft("short"))
			must(t, err)
			must(t, h.DeleteToken(context.Background(), as(root(), "deleteToken"), made.ID))
		}
	}()
	for over := false; !over; {
		must(t, h.ScrubFirst(t.Context(), authority.Names.Tokens))
		must(t, h.ScrubFirst(t.Context(), authority.Names.Filters))
		select {
		case <-done:
			over = true
		default:
		}
	}
	if s := h.Stats().Scrub; s.Bad != 0 {
		t.Errorf("got %+v", s)
	}
}

// Long transactions would keep space from being used again.
func TestScrub_ReadsFewRowsInOneTransaction(t *testing.T) {
	h, u := undermined(t)
	for i := range 300 {
		h.Token(draft(fmt.Sprint(i)))
	}
	u.rows.Store(0)
	must(t, h.Scrub(t.Context()))
	if n := u.rows.Load(); n > 257 {
		t.Errorf("one transaction has read %d rows", n)
	}
	if s := h.Stats().Scrub; s.Rows < 900 {
		t.Errorf("%d rows were read, and there are 300 tokens, entries and subjects", s.Rows)
	}
}

func TestScrub_HappensEveryHourByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := authoritytest.OpenWith(t, authoritytest.Setup{File: true})
		h.Token(draft("x"))
		h.Start()
		for hour := range uint64(3) {
			if s := h.Stats().Scrub; s.Passes != hour {
				t.Errorf("after %d hours there were %d walks", hour, s.Passes)
			}
			time.Sleep(time.Hour + time.Minute/3)
		}
		h.Close()
	})
}

// blind does not see what it adds up.
type blind struct{ store.Summer }

func (blind) Share(store.Table, []byte, []byte) store.Sum { return store.Sum{} }

// Nothing is wrong with any row that is there.
func TestScrub_ARowThatWasTakenOutIsNoticed(t *testing.T) {
	h, u := undermined(t)
	v, secret := h.Token(draft("x"))
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	must(t, h.Scrub(t.Context()))
	if e := unsoundEntries(h); len(e) > 0 {
		t.Fatalf("a sound store: %v", e)
	}
	var first []byte
	must(t, u.DB.View(t.Context(), func(r store.Reader) error {
		return r.Scan(rows.SubjectsTable, store.Range{One: true}, func(key, _ []byte) error { first = bytes.Clone(key); return nil })
	}))
	u.deaf.Store(true)
	u.DB.SumBy(blind{keys})
	must(t, u.DB.Update(t.Context(), func(w store.Writer) error {
		return errors.Join(w.Delete(rows.TokensTable, []byte(authority.RowKey(v))), w.Delete(rows.SubjectsTable, first))
	}))
	u.DB.SumBy(keys)
	u.deaf.Store(false)
	for range 2 {
		must(t, h.Scrub(t.Context()))
	}
	var tables []string
	for _, e := range unsoundEntries(h) {
		if !strings.Contains(e.Fields[2].Value, "do not add up") {
			t.Errorf("got %v", e.Fields)
		}
		tables = append(tables, e.Fields[0].Value)
	}
	slices.Sort(tables)
	if got := strings.Join(tables, " "); got != "subjects tokens" {
		t.Errorf("noticed in the tables %s", got)
	}
	verdict(t, h, secret, policy.Accepted)
}
