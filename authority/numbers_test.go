package authority_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// numbering makes, rotates, ends and deletes tokens, and remembers every number.
type numbering struct {
	h       *authoritytest.House
	last    token.Number              // given so far
	numbers map[token.ID]token.Number // of every id there ever was
	live    []token.ID
}

func (n *numbering) create(t *rapid.T) {
	d := draft("x")
	if rapid.Bool().Draw(t, "ends") {
		d.Expiry.At = new(n.h.Clock.Millis().Add(time.Hour))
	}
	v, _ := n.h.Token(d)
	if v.Number != n.last+1 {
		t.Fatalf("the number after %d is %d", n.last, v.Number)
	}
	n.last, n.numbers[v.ID], n.live = v.Number, v.Number, append(n.live, v.ID)
}

func (n *numbering) pick(t *rapid.T) token.ID {
	if len(n.live) == 0 {
		t.Skip("there is none")
	}
	return rapid.SampledFrom(n.live).Draw(t, "which")
}

func (n *numbering) rotate(t *rapid.T) {
	id := n.pick(t)
	next, _, err := n.h.RotateToken(context.Background(), as(root(), "rotateToken"), id, rapid.SampledFrom([]int64{0, 3_600_000}).Draw(t, "grace"))
	if err != nil {
		return // it has a successor, or is gone
	}
	if next.Number != n.numbers[id] {
		t.Fatalf("rotating number %d gives %d", n.numbers[id], next.Number)
	}
	n.numbers[next.ID], n.live = next.Number, append(n.live, next.ID)
}

// remove deletes a token; the newest as often as any other.
func (n *numbering) remove(t *rapid.T) {
	id := n.pick(t)
	if rapid.Bool().Draw(t, "the newest") {
		id = n.live[len(n.live)-1]
	}
	_ = n.h.DeleteToken(context.Background(), as(root(), "deleteToken"), id)
	n.live = slices.DeleteFunc(n.live, func(other token.ID) bool { return other == id })
}

func (n *numbering) agree(t *rapid.T) {
	for _, v := range n.h.All() {
		if v.Number != n.numbers[v.ID] {
			t.Fatalf("%s has the number %d, and was given %d", v.ID, v.Number, n.numbers[v.ID])
		}
	}
}

// Whatever happens to tokens, numbers are given in order and once. The replay at the end of each
// test of a House holds the audit log to the same.
func TestNumbers_AreGivenInTheOrderOfCreationKeptByRotationAndNeverGivenTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := &numbering{h: authoritytest.Open(t), numbers: map[token.ID]token.Number{}}
		rt.Repeat(map[string]func(*rapid.T){
			"create": n.create, "rotate": n.rotate, "delete": n.remove, "delete more": n.remove,
			"pass time": func(t *rapid.T) {
				n.h.Clock.Pass(rapid.SampledFrom([]time.Duration{minute, time.Hour, 8 * day}).Draw(t, "passed"))
				n.h.Round(context.Background())
			},
			"reopen": func(*rapid.T) { n.h.Reopen() }, "": n.agree,
		})
		for id := range n.numbers { // also those of tokens that are long gone are found
			if len(about(t, n.h, id)) == 0 {
				rt.Fatalf("no entry is found about %s", id)
			}
		}
		n.h.Close()
	})
}

// joined is a store that puts several changes into one transaction, one after the other. None of
// them reaches the index before all have run.
type joined struct {
	store.DB
	mu   sync.Mutex
	on   bool
	wait []*joining
}

type joining struct {
	fn   func(store.Writer) error
	err  error
	done chan struct{}
}

// Update implements store.DB.
func (j *joined) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	j.mu.Lock()
	if !j.on {
		j.mu.Unlock()
		return j.DB.Update(ctx, fn, how...)
	}
	one := &joining{fn: fn, done: make(chan struct{})}
	j.wait = append(j.wait, one)
	j.mu.Unlock()
	<-one.done
	return one.err
}

func (j *joined) waiting() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.wait)
}

// together runs commands in one batch, in order, and returns how they ended. One that is refused
// must not have written anything.
func (j *joined) together(t *testing.T, commands ...func() error) []error {
	t.Helper()
	errs := make([]error, len(commands))
	var work sync.WaitGroup
	j.on = true
	for i, command := range commands {
		work.Go(func() { errs[i] = command() })
		for n := 0; j.waiting() <= i; n++ {
			if n == 10_000 {
				t.Fatalf("command %d changes nothing", i)
			}
			time.Sleep(time.Millisecond)
		}
	}
	j.mu.Lock()
	j.on = false
	all := j.wait
	j.wait = nil
	j.mu.Unlock()
	must(t, j.DB.Update(t.Context(), func(w store.Writer) error {
		for _, one := range all {
			one.err = one.fn(w)
		}
		return nil
	}))
	for _, one := range all {
		close(one.done)
	}
	work.Wait()
	return errs
}

// In one batch a token is rotated and then used: the row under its number is its successor's by
// then. Whoever looked there only would not find it, and whoever did not look at the id would do to
// the successor what was meant for it.
func TestNumbers_ATokenThatWasRotatedInTheSameBatchIsNoOther(t *testing.T) {
	for _, grace := range []time.Duration{0, time.Hour} {
		for name, c := range map[string]struct {
			use   func(h *authoritytest.House, id token.ID) error
			code  fault.Code // with a grace period; without one it is gone
			words string
		}{
			"rotated again": {func(h *authoritytest.House, id token.ID) error {
				_, _, err := h.RotateToken(context.Background(), as(root(), "rotateToken"), id, 0)
				return err
			}, fault.Conflict, ""},
			"given other permissions": {func(h *authoritytest.House, id token.ID) error {
				return h.UpdatePermissions(context.Background(), as(root(), "update"), id, 0)
			}, fault.Conflict, ""},
			"deleted": {func(h *authoritytest.House, id token.ID) error {
				return h.DeleteToken(context.Background(), as(root(), "deleteToken"), id)
			}, "", ""},
		} {
			t.Run(fmt.Sprint(name, " with a grace period of ", grace), func(t *testing.T) {
				j := &joined{}
				h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { j.DB = db; return j }})
				set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
				v, old := h.Token(draft("nurse"))
				var next token.Token
				var secret token.Secret
				errs := j.together(t, func() (err error) {
					next, secret, err = h.RotateToken(context.Background(), as(root(), "rotateToken"), v.ID, grace.Milliseconds())
					return err
				}, func() error { return c.use(h, v.ID) })
				must(t, errs[0])
				switch {
				case grace == 0:
					refusal(t, errs[1], fault.NotFound, "no token with this id")
				case c.code != "":
					refusal(t, errs[1], c.code, c.words)
				default:
					must(t, errs[1])
				}
				verdict(t, h, secret.Reveal(), policy.Accepted) // nothing of it was meant for it
				if got := shown(t, h, next.ID); got.Permissions != health {
					t.Errorf("its successor has the permissions %v", got.Permissions.Names())
				}
				want := policy.Unknown
				if grace > 0 && c.code != "" {
					want = policy.Accepted
				}
				verdict(t, h, old, want)
			})
		}
	}
}

// The actor of a command is looked for in the same way.
func TestNumbers_AnActorWhoseTokenWasRotatedInTheSameBatchActsOn(t *testing.T) {
	for _, grace := range []time.Duration{0, time.Hour} {
		j := &joined{}
		h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { j.DB = db; return j }})
		by, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
		errs := j.together(t, func() error {
			_, _, err := h.RotateToken(context.Background(), as(root(), "rotateToken"), by.ID, grace.Milliseconds())
			return err
		}, func() error {
			_, _, err := h.CreateToken(context.Background(), as(by, "createSystemToken"), ending(h, "x", minute))
			return err
		})
		must(t, errs[0])
		if grace > 0 {
			must(t, errs[1])
			continue
		}
		refusal(t, errs[1], fault.Unauthenticated, "")
	}
}

// What is done in the background reads rows in the transaction too: of a token that was rotated in
// the same batch it must not write the old row over the new one.
func TestNumbers_BackgroundWorkInTheBatchOfARotationWritesNoOldRow(t *testing.T) {
	j := &joined{}
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { j.DB = db; return j }})
	v, old := h.Token(ending(h, "nurse", 15*day))
	h.Clock.Pass(2 * day)
	verdict(t, h, old, policy.Accepted)
	var secret token.Secret
	var next token.Token
	for i, err := range j.together(t, func() (err error) {
		next, secret, err = h.RotateToken(context.Background(), as(root(), "rotateToken"), v.ID, time.Hour.Milliseconds())
		return err
	}, func() error { return h.WarnOfExpiry(context.Background()) }, func() error { return h.FlushUses(context.Background()) }) {
		if err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
	}
	verdict(t, h, secret.Reveal(), policy.Accepted)
	verdict(t, h, old, policy.Accepted)
	h.Reopen()
	verdict(t, h, secret.Reveal(), policy.Accepted)
	view, err := h.Authority.Token(root(), v.ID)
	must(t, err)
	if view.LastUsedAt == 0 || view.ToldDays != 0 {
		t.Errorf("the old string was last used at %v and told to expire in %d days", view.LastUsedAt, view.ToldDays)
	}
	if shown(t, h, next.ID).ToldDays != 0 {
		t.Error("the new string was told to expire")
	}
}

// What a transaction has just made nobody can name yet.
func TestNumbers_ATokenIsNotFoundBeforeItIsCommitted(t *testing.T) {
	j := &joined{}
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { j.DB = db; return j }})
	var made token.Token
	errs := j.together(t, func() (err error) {
		made, _, err = h.CreateToken(context.Background(), as(root(), "createSystemToken"), draft("a"))
		return err
	}, func() error {
		v, _, err := h.CreateToken(context.Background(), as(root(), "createSystemToken"), draft("b"))
		if v.Number != 2 {
			t.Errorf("the second of a batch has the number %d", v.Number)
		}
		return err
	})
	must(t, errs[0])
	must(t, errs[1])
	if made.Number != 1 || !listed(h, made.ID) {
		t.Errorf("%+v is not there", made)
	}
}

// A key is kept through any number of requests in one batch: what it made is found by its number.
func TestNumbers_ARepeatedRequestInTheSameBatchMakesNothing(t *testing.T) {
	j := &joined{}
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { j.DB = db; return j }})
	v, _ := h.Token(draft("x"))
	create := func() error { _, _, err := keyed(h, root(), "k1", draft("nurse")); return err }
	rotate := func() error {
		_, _, err := h.RotateToken(context.Background(), withKey(as(root(), "rotateToken"), "k2"), v.ID, time.Hour.Milliseconds())
		return err
	}
	errs := j.together(t, create, create, rotate, rotate)
	must(t, errs[0])
	must(t, errs[2])
	refusal(t, errs[1], fault.Conflict, "string was shown once")
	refusal(t, errs[3], fault.Conflict, "string was shown once")
	if n := len(h.All()); n != 3 {
		t.Errorf("%d tokens, want 3", n)
	}
}

// The row of an earlier string is sound under the very key, as a rotation keeps it. Its id tells.
func TestNumbers_AnOlderRowUnderTheSameNumberIsNotTakenForTheToken(t *testing.T) {
	h, u := undermined(t)
	v, _ := h.Token(draft("nurse"))
	older := u.get(t, authority.Names.Tokens, authority.RowKey(v))
	next, secret := rotate(t, h, v.ID, 0)
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(v)), older)
	_, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), next.ID, 0)
	refusal(t, err, fault.NotFound, "")
	if err := h.DeleteToken(t.Context(), as(root(), "deleteToken"), next.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("deleting: %v", err)
	}
	must(t, h.Scrub(t.Context()))
	verdict(t, h, secret, policy.Damaged)
	if err := h.Check(t.Context()); err != nil {
		t.Logf("the check says %v", err)
	}
}

// Its seal holds a row to its number, and its slot.
func TestNumbers_ARowUnderAnotherNumberIsNoticed(t *testing.T) {
	h, u := undermined(t)
	v, secret := h.Token(draft("a"))
	other, otherSecret := h.Token(draft("b"))
	row := u.get(t, authority.Names.Tokens, authority.RowKey(v))
	inGrace := v
	inGrace.ReplacedBy = other.ID
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(other)), row)
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(inGrace)), row)
	must(t, h.Scrub(t.Context()))
	verdict(t, h, secret, policy.Accepted)
	verdict(t, h, otherSecret, policy.Damaged)
	if bad := h.Stats().Scrub.Bad; bad != 2 {
		t.Errorf("%d bad rows, want 2", bad)
	}
	if e := unsoundEntries(h); len(e) != 2 || !slices.ContainsFunc(e, func(e audit.Entry) bool { return e.TokenID == string(other.ID) }) {
		t.Errorf("the audit log says %v", e)
	}
}

// The entries about an id are those about it and no others, though a line shares its number.
func TestNumbers_TheEntriesAboutAnIDAreFoundAsLongAsThereIsALog(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	one, _ := h.Token(draft("nurse"))
	h.Token(draft("other"))
	two, _ := rotate(t, h, one.ID, time.Hour)
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), two.ID, 0))
	three, _ := rotate(t, h, two.ID, 0)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), three.ID))
	actions := func(id token.ID) string {
		var list []string
		for _, e := range about(t, h, id) {
			list = append(list, e.Action)
		}
		return strings.Join(list, " ")
	}
	for range 2 {
		for id, want := range map[token.ID]string{
			one.ID:        "rotateToken update rotateToken createSystemToken",
			two.ID:        "rotateToken update rotateToken",
			three.ID:      "deleteToken rotateToken",
			"nobody":      "",
			token.ID(" "): "",
		} {
			if got := actions(id); got != want {
				t.Errorf("about %q: %q, want %q", id, got, want)
			}
		}
		h.Reopen() // the index forgets the dead
	}
}

// A hidden token keeps its slot until its line moves on: two strings of a line never come back.
func TestNumbers_AStringThatExpiredInItsGraceGoesForGoodWithTheNextRotation(t *testing.T) {
	accept := false
	h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.AcceptClock = accept }})
	v, old := h.Token(draft("nurse"))
	next, _ := rotate(t, h, v.ID, time.Hour)
	h.Clock.Set(day) // by a wrong clock
	followed(t, h)
	h.Round(t.Context())
	if listed(h, v.ID) || !kept(t, h, v.ID) {
		t.Fatal("the old string is not hidden")
	}
	last, secret := rotate(t, h, next.ID, day)
	if kept(t, h, v.ID) {
		t.Error("the row of the first string is still there")
	}
	h.Close()
	h.Clock.Set(-day)
	accept = true
	must(t, h.TryOpen())
	verdict(t, h, old, policy.Unknown)
	verdict(t, h, secret, policy.Accepted)
	if got := shown(t, h, last.ID); got.Number != v.Number {
		t.Errorf("the number is %d", got.Number)
	}
	fits(t, h)
}

// A store that lost the end of the index must not give a number again while a token has it, or a
// later one. Nor is an index with a row that does not open believed.
func TestNumbers_NoTokenIsWrittenOverAnother(t *testing.T) {
	for name, c := range map[string]struct {
		before func(h *authoritytest.House, v token.Token) // it has number 2, the first is gone
		lose   func(store.Writer) error
		words  string
		key    string // of the row that is told of
	}{
		"all of it is lost": {nil, dropIndex, "missing", "number 2, entry 0"},
		"and only the string in its grace period is left": {func(h *authoritytest.House, v token.Token) {
			next, _ := rotate(t, h, v.ID, time.Hour)
			must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
				return w.Delete(authority.Names.Tokens, []byte(authority.RowKey(next)))
			}))
		}, dropIndex, "missing", "number 2, entry 0"},
		"a row that does not open stands at its end": {nil, func(w store.Writer) error {
			return w.Put(authority.Names.Subjects, bytes.Repeat([]byte{0xff}, 16), make([]byte, 64))
		}, "valid seal", "number 18446744073709551615, entry 18446744073709551615"},
	} {
		t.Run(name, func(t *testing.T) {
			h := authoritytest.Open(t)
			h.Unchecked = true
			gone, _ := h.Token(draft("gone"))
			v, secret := h.Token(draft("a"))
			must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), gone.ID))
			if c.before != nil {
				c.before(h, v)
			}
			must(t, h.DB.Update(t.Context(), c.lose))
			for range 2 {
				_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("b"))
				if err == nil || !strings.Contains(err.Error(), c.words) {
					t.Errorf("got %v", err)
				}
			}
			verdict(t, h, secret, policy.Accepted)
			if err := h.Check(t.Context()); err == nil {
				t.Error("the check finds nothing")
			}
			if n, told := h.Stats().Scrub.Bad, unsoundEntries(h); n != 1 || len(told) != 1 || told[0].Fields[1].Value != c.key {
				t.Errorf("%d rows are called bad, and the audit log has %v", n, told)
			}
		})
	}
}

func dropIndex(w store.Writer) error { return dropAll(w, authority.Names.Subjects) }
