package authority_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// keyed makes a token as by, with an idempotency key.
func keyed(h *authoritytest.House, by policy.Actor, key string, d policy.Draft) (token.Token, string, error) {
	return keyedAt(h.Authority, by, key, d)
}

func keyedAt(a *authority.Authority, by policy.Actor, key string, d policy.Draft) (token.Token, string, error) {
	v, s, err := a.CreateToken(context.Background(), withKey(as(by, "createSystemToken"), key), d)
	if err != nil {
		return v, "", err
	}
	return v, s.Reveal(), nil
}

func rotateKeyed(h *authoritytest.House, by policy.Actor, key string, id token.ID, grace time.Duration) (token.Token, error) {
	v, _, err := h.RotateToken(context.Background(), withKey(as(by, "rotateToken"), key), id, grace.Milliseconds())
	return v, err
}

// repeated fails the test unless err says that the request was carried out before, and that id is
// what came of it.
func repeated(t testing.TB, err error, id token.ID, words string) {
	t.Helper()
	if refusal(t, err, fault.Conflict, words); err == nil {
		return
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !cmp.Equal(f.Extensions, map[string]string{"reason": policy.Repeated, "tokenId": string(id)}) {
		t.Errorf("got %+v, want the token %s", f, id)
	}
	if !strings.Contains(err.Error(), string(id)) {
		t.Errorf("%q does not name %s", err, id)
	}
}

func TestIdempotencyKey_TheSameRequestMakesOneTokenAndTheStringIsShownOnce(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	for range 3 {
		_, again, err := keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, v.ID, "string was shown once")
		if again != "" || strings.Contains(err.Error(), secret[33:]) {
			t.Error("the string is shown again")
		}
	}
	if len(h.All()) != 1 {
		t.Errorf("there are %d tokens, want 1", len(h.All()))
	}
	verdict(t, h, secret, policy.Accepted)
	entries := about(t, h, v.ID)
	if len(entries) != 4 || entries[3].Refused != "" {
		t.Fatalf("%d entries about the token, want 1 creation and 3 repetitions", len(entries))
	}
	for _, e := range entries[:3] {
		if e.Refused == "" || e.Type != audit.TokenChanged || e.Action != "createSystemToken" || !cmp.Equal(e.Fields, []audit.Field{audit.One("reason", policy.Repeated)}) {
			t.Errorf("a repetition is written as %+v", e)
		}
	}
}

func TestIdempotencyKey_AnotherRequestWithItIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	at := h.Clock.Millis().Add(day)
	_, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	f := filter(t, h, "all", "allow all")
	for name, d := range map[string]policy.Draft{
		"another name":       draft("nurses"),
		"other permissions":  {Name: "nurse", Permissions: tokens},
		"a filter":           {Name: "nurse", Permissions: health, FilterID: f},
		"an expiry":          {Name: "nurse", Permissions: health, Expiry: policy.Expiry{At: &at}},
		"an expiry, as span": {Name: "nurse", Permissions: health, Expiry: policy.Expiry{In: &policy.Span{Amount: 1, Unit: policy.Days}}},
	} {
		_, _, err := keyed(h, root(), "k1", d)
		refusal(t, err, fault.Conflict, "came with another request")
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Extensions["reason"] != policy.KeyReused {
			t.Errorf("%s: got %+v", name, err)
		}
	}
	_, _, err = h.CreateToken(t.Context(), withKey(as(root(), "createSystemPermissionsToken"), "k1"), draft("nurse"))
	refusal(t, err, fault.Conflict, "came with another request")
	_, err = h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "nurse", "")
	refusal(t, err, fault.Conflict, "came with another request")
}

func TestIdempotencyKey_OfAnotherActorIsAnotherKey(t *testing.T) {
	h := authoritytest.Open(t)
	ann, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
	ben, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
	seen := map[token.ID]bool{}
	for _, by := range []policy.Actor{root(), ann, ben} {
		v, _, err := keyed(h, by, "k1", draft("nurse"))
		must(t, err)
		seen[v.ID] = true
		_, _, err = keyed(h, by, "k1", draft("nurse"))
		repeated(t, err, v.ID, "")
	}
	if len(seen) != 3 {
		t.Errorf("%d tokens for 3 actors", len(seen))
	}
	heir, secret := rotate(t, h, ann.ID, 0)
	next, outcome := h.Verify(secret, here)
	if outcome != policy.Accepted {
		t.Fatalf("the rotated token %s is %v", heir.ID, outcome)
	}
	_, _, err := keyed(h, next, "k1", draft("nurse"))
	must(t, err)
}

func TestIdempotencyKey_CountsAsLongAsWhatItMadeIsThere(t *testing.T) {
	h := authoritytest.Open(t)
	first, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	h.Clock.Pass(1000 * day)
	h.Round(t.Context())
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, first.ID, "string was shown once")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), first.ID))
	if n := requestRows(t, h); n != 0 {
		t.Errorf("%d rows are left of a key whose token was deleted", n)
	}
	second, _, err := keyed(h, root(), "k1", draft("nurse")) // makes it again
	must(t, err)
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, second.ID, "string was shown once")
}

func TestIdempotencyKey_GoesWithATokenWhicheverWayThatGoes(t *testing.T) {
	h := authoritytest.Open(t)
	for _, key := range []string{"deleted", "rotated", "forbidden", "expired"} {
		d := draft(key)
		if key == "expired" {
			d = ending(h, key, minute)
		}
		v, _, err := keyed(h, root(), key, d)
		must(t, err)
		if key == "rotated" {
			v, err = rotateKeyed(h, root(), "rotation", v.ID, 0)
			must(t, err)
		}
		if key == "deleted" || key == "rotated" {
			must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
		}
	}
	if n := requestRows(t, h); n != 2 {
		t.Errorf("%d rows for 2 tokens, want 2", n)
	}
	running(t, h, 10*minute, 10*minute)
	if n := requestRows(t, h); n != 2 {
		t.Errorf("%d rows when one of the tokens is hidden, want 2", n)
	}
	running(t, h, 7*day+6*time.Hour, 3*time.Hour)
	if n := requestRows(t, h); n != 1 {
		t.Errorf("%d rows when one of the tokens has expired and was removed, want 1", n)
	}
	set(t, h, policy.Security{}) // deletes all tokens
	must(t, h.Mend(t.Context()))
	if n := requestRows(t, h); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// requestRows counts the rows that lead from idempotency keys to what was made.
func requestRows(t testing.TB, h *authoritytest.House) (n int) {
	t.Helper()
	must(t, h.DB.View(context.Background(), func(r store.Reader) error {
		return r.Scan(authority.Names.Idempotency, store.Range{}, func(_, _ []byte) error { n++; return nil })
	}))
	return n
}

func TestIdempotencyKey_ARefusedCreateUsesNoneUp(t *testing.T) {
	h := authoritytest.Open(t)
	_, _, err := keyed(h, root(), "k1", draft(""))
	refusal(t, err, fault.Invalid, "name")
	set(t, h, policy.Security{})
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	refusal(t, err, fault.Forbidden, "does not allow system tokens")
	if n := requestRows(t, h); n != 0 {
		t.Errorf("%d rows after refusals", n)
	}
	set(t, h, policy.Security{Enabled: true})
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
}

func TestIdempotencyKey_SurvivesARestartBetweenTheRequests(t *testing.T) {
	h := authoritytest.Open(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	h.Reopen()
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, v.ID, "")
}

func TestIdempotencyKey_CountsWhenTheServerGotNewKeysOfItsOwn(t *testing.T) {
	h := guarded(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	for range 2 {
		h.Close()
		newKey(t, h)
		must(t, h.TryOpen())
		_, _, err = keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, v.ID, "")
		must(t, h.Check(t.Context()))
	}
	if n := requestRows(t, h); n != 1 {
		t.Errorf("%d rows for one key, want 1", n)
	}
}

// The case it exists for: the change is stored, and nobody gets the answer.
func TestIdempotencyKey_ACrashBetweenCommitAndAnswerMakesNoSecondToken(t *testing.T) {
	h, g := gated(t)
	g.After(func(ctx context.Context) error {
		if authoritytest.IsMine(ctx) {
			return store.ErrInDoubt
		}
		return nil
	})
	_, _, err := h.CreateToken(authoritytest.Mine(t.Context()), withKey(as(root(), "createSystemToken"), "k1"), draft("nurse"))
	refusal(t, err, fault.Unavailable, "in doubt")
	h.Crash()
	must(t, h.TryOpen())
	all := h.All()
	if len(all) != 1 {
		t.Fatalf("%d tokens, want 1", len(all))
	}
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, all[0].ID, "")
}

func TestIdempotencyKey_OfManyAtTheSameTimeExactlyOneMakesAToken(t *testing.T) {
	h := authoritytest.Open(t)
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		var wg sync.WaitGroup
		var mu sync.Mutex
		made, conflicts := 0, 0
		for range 16 {
			wg.Go(func() {
				_, _, err := keyed(h, root(), key, draft(key))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if fault.CodeOf(err) == fault.Conflict {
					conflicts++
				}
			})
		}
		wg.Wait()
		if made != 1 || conflicts != 15 {
			t.Errorf("%s: %d made, %d conflicts, want 1 and 15", key, made, conflicts)
		}
	}
	if len(h.All()) != 8 {
		t.Errorf("%d tokens, want 8", len(h.All()))
	}
}

func TestIdempotencyKey_ThatMadeATokenIsThatOfItsSuccessors(t *testing.T) {
	h := authoritytest.Open(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	again := func(words string) {
		t.Helper()
		_, _, err := keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, v.ID, words)
	}
	v, _ = rotate(t, h, v.ID, 0)
	again("gives a new string")
	v, err = rotateKeyed(h, root(), "k2", v.ID, time.Hour)
	must(t, err)
	again("gives a new string")
	v, _ = rotate(t, h, v.ID, time.Hour) // ends the grace of the one before
	again("gives a new string")
	h.Clock.Pass(2 * time.Hour)
	h.Round(t.Context())
	again("gives a new string")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	if v, _, err = keyed(h, root(), "k1", draft("nurse")); err != nil {
		t.Fatal(err)
	}
	again("gives a new string")
}

func TestIdempotencyKey_OfATokenInItsGraceIsThatOfItsSuccessor(t *testing.T) {
	h := authoritytest.Open(t)
	old, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	v, _ := rotate(t, h, old.ID, time.Hour)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), old.ID)) // its successor lives
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, v.ID, "gives a new string")
}

func TestIdempotencyKey_OfAnExpiredTokenCountsAsLongAsItsRowIsThere(t *testing.T) {
	h := authoritytest.Open(t)
	d := draft("short")
	d.Expiry.In = &policy.Span{Amount: 1, Unit: policy.Minutes}
	v, _, err := keyed(h, root(), "k1", d)
	must(t, err)
	for _, after := range []time.Duration{2 * minute, 10 * minute} { // listed, and hidden
		running(t, h, after, after)
		_, _, err = keyed(h, root(), "k1", d)
		repeated(t, err, v.ID, "has expired since")
	}
	running(t, h, 7*day+6*time.Hour, 3*time.Hour)
	_, _, err = keyed(h, root(), "k1", d)
	must(t, err)
}

func TestIdempotencyKey_ARotationThatIsRepeatedNamesTheSuccessor(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(draft("nurse"))
	next, err := rotateKeyed(h, root(), "k1", v.ID, 0)
	must(t, err)
	_, err = rotateKeyed(h, root(), "k1", v.ID, 0)
	repeated(t, err, next.ID, "This rotation was carried out before")
	_, err = rotateKeyed(h, root(), "k1", v.ID, time.Hour)
	refusal(t, err, fault.Conflict, "came with another request")
	_, err = rotateKeyed(h, root(), "k2", v.ID, 0)
	refusal(t, err, fault.NotFound, "no token with this id")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), next.ID))
	_, err = rotateKeyed(h, root(), "k1", v.ID, 0)
	refusal(t, err, fault.NotFound, "no token with this id")
}

func TestIdempotencyKey_AnIPFilterIsMadeOnce(t *testing.T) {
	h := authoritytest.Open(t)
	f, err := h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	must(t, err)
	_, err = h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	refusal(t, err, fault.Conflict, "made the IP filter "+string(f.ID))
	must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), f.ID))
	if n := requestRows(t, h); n != 0 {
		t.Errorf("%d rows are left of a key whose filter was deleted", n)
	}
	next, err := h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	must(t, err)
	text := "deny all"
	_, err = h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), next.ID, nil, &text)
	must(t, err)
	_, err = h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	refusal(t, err, fault.Conflict, "made the IP filter "+string(next.ID))
}

func TestIdempotencyKey_WhoMayNoLongerCreateIsNotToldWhatWasMade(t *testing.T) {
	h := authoritytest.Open(t)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	ann, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
	_, _, err := keyed(h, ann, "k1", draft("nurse"))
	must(t, err)
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), ann.ID, health))
	_, _, err = keyed(h, ann, "k1", draft("nurse"))
	refusal(t, err, fault.Forbidden, "not allowed")
}
