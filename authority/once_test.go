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
	v, s, err := h.CreateToken(context.Background(), withKey(as(by, "createSystemToken"), key), d)
	if err != nil {
		return v, "", err
	}
	return v, s.Reveal(), nil
}

func rotateKeyed(h *authoritytest.House, by policy.Actor, key string, id token.ID, grace time.Duration) (token.Token, error) {
	v, _, err := h.RotateToken(context.Background(), withKey(as(by, "rotateToken"), key), id, grace.Milliseconds())
	return v, err
}

// repeated fails the test unless err says that the request was carried out
// before and made id, and that heir is what is left of it.
func repeated(t testing.TB, err error, id, heir token.ID, words string) {
	t.Helper()
	refusal(t, err, fault.Conflict, words)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Extensions["reason"] != policy.Repeated || f.Extensions["tokenId"] != string(id) || f.Extensions["successorId"] != string(heir) {
		t.Errorf("got %+v, want the token %s and the successor %q", f, id, heir)
	}
	if !strings.Contains(err.Error(), string(id)) || !strings.Contains(err.Error(), string(heir)) {
		t.Errorf("%q does not name %s and %q", err, id, heir)
	}
}

func TestIdempotencyKey_TheSameRequestMakesOneTokenAndTheStringIsShownOnce(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	for range 3 {
		_, again, err := keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, v.ID, "", "string was shown once")
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
		repeated(t, err, v.ID, "", "")
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

func TestIdempotencyKey_CountsFor24HoursToTheMillisecond(t *testing.T) {
	for _, clean := range []bool{false, true} {
		h := authoritytest.Open(t)
		first, _, err := keyed(h, root(), "k1", draft("nurse"))
		must(t, err)
		h.Clock.Pass(policy.KeyLife - time.Millisecond)
		h.Round(t.Context())
		_, _, err = keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, first.ID, "", "")
		h.Clock.Pass(time.Millisecond)
		if clean { // whether housekeeping came first must not matter
			h.Round(t.Context())
		}
		second, _, err := keyed(h, root(), "k1", draft("nurse"))
		must(t, err)
		h.Round(t.Context())
		h.Clock.Pass(policy.KeyLife - time.Millisecond)
		h.Round(t.Context())
		_, _, err = keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, second.ID, "", "")
	}
}

func TestIdempotencyKey_IsForgottenAfter24HoursWithAllThatHangsOnIt(t *testing.T) {
	h := authoritytest.Open(t)
	for _, key := range []string{"a", "b", "c"} {
		_, _, err := keyed(h, root(), key, draft(key))
		must(t, err)
	}
	if n := repeatRows(t, h); n != 3+3+1 {
		t.Errorf("%d rows for 3 keys of one actor, want 7", n)
	}
	h.Clock.Pass(policy.KeyLife)
	h.Round(t.Context())
	if n := repeatRows(t, h); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// repeatRows counts the rows of all tables about idempotency keys.
func repeatRows(t testing.TB, h *authoritytest.House) (n int) {
	t.Helper()
	must(t, h.DB.View(context.Background(), func(r store.Reader) error {
		for _, table := range authority.Names.Idempotency {
			must(t, r.Scan(table, store.Range{}, func(_, _ []byte) error { n++; return nil }))
		}
		return nil
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
	if n := repeatRows(t, h); n != 0 {
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
	repeated(t, err, v.ID, "", "")
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
		repeated(t, err, v.ID, "", "")
		must(t, h.Check(t.Context()))
	}
	if n := repeatRows(t, h); n != 3 {
		t.Errorf("%d rows for one key, want 3", n)
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
	repeated(t, err, all[0].ID, "", "")
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

func TestIdempotencyKey_TellsWhatBecameOfTheToken(t *testing.T) {
	h := authoritytest.Open(t)
	again := func(name string, id, heir token.ID, words string) {
		t.Helper()
		_, _, err := keyed(h, root(), name, draft(name))
		repeated(t, err, id, heir, words)
	}
	create := func(name string) token.ID {
		t.Helper()
		v, _, err := keyed(h, root(), name, draft(name))
		must(t, err)
		return v.ID
	}
	deleted := create("deleted")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), deleted))
	again("deleted", deleted, "", "was deleted since")
	again("deleted", deleted, "", "was deleted since") // the refusal of before is no end of its own

	old := create("rotated")
	v, _ := rotate(t, h, old, 0)
	again("rotated", old, v.ID, "was rotated since")
	v, _ = rotate(t, h, v.ID, time.Hour)
	again("rotated", old, v.ID, "gives a new string")
	v, _ = rotate(t, h, v.ID, time.Hour) // ends the grace of the one before
	again("rotated", old, v.ID, "gives a new string")
	h.Clock.Pass(2 * time.Hour)
	h.Round(t.Context())
	again("rotated", old, v.ID, "gives a new string")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	again("rotated", old, v.ID, "was deleted since")

	graced := create("graced")
	v, _ = rotate(t, h, graced, time.Hour)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), graced)) // its successor lives
	again("graced", graced, v.ID, "gives a new string")
}

func TestIdempotencyKey_AfterVeryManyRepetitionsItIsStillTrueWhatIsTold(t *testing.T) {
	h := authoritytest.Open(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	for range 100 {
		_, _, err = keyed(h, root(), "k1", draft("nurse"))
		repeated(t, err, v.ID, "", "was deleted since")
	}
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, v.ID, "", "is not there any more")
}

func TestIdempotencyKey_TellsOfAnExpiredTokenAsLongAsItIsListedAndAfter(t *testing.T) {
	h := authoritytest.Open(t)
	d := ending(h, "short", minute)
	v, _, err := keyed(h, root(), "k1", d)
	must(t, err)
	for range 2 {
		h.Clock.Pass(10 * minute)
		_, _, err = keyed(h, root(), "k1", d)
		repeated(t, err, v.ID, "", "has expired since")
		h.Round(t.Context())
	}
	if listed(h, v.ID) {
		t.Error("it is listed still")
	}
}

func TestIdempotencyKey_ARotationThatIsRepeatedNamesTheSuccessor(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(draft("nurse"))
	next, err := rotateKeyed(h, root(), "k1", v.ID, 0)
	must(t, err)
	_, err = rotateKeyed(h, root(), "k1", v.ID, 0)
	repeated(t, err, next.ID, "", "This rotation was carried out before")
	_, err = rotateKeyed(h, root(), "k1", v.ID, time.Hour)
	refusal(t, err, fault.Conflict, "came with another request")
	_, err = rotateKeyed(h, root(), "k2", v.ID, 0)
	refusal(t, err, fault.NotFound, "no token with this id")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), next.ID))
	_, err = rotateKeyed(h, root(), "k1", v.ID, 0)
	repeated(t, err, next.ID, "", "nothing left to rotate")
}

func TestIdempotencyKey_AnIPFilterIsMadeOnce(t *testing.T) {
	h := authoritytest.Open(t)
	f, err := h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	must(t, err)
	_, err = h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	refusal(t, err, fault.Conflict, "made the IP filter "+string(f.ID))
	must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), f.ID))
	_, err = h.CreateFilter(t.Context(), withKey(as(root(), "createIPFilter"), "k1"), "office", "allow all")
	refusal(t, err, fault.Conflict, "was deleted since")
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

func TestIdempotencyKey_OneActorKeepsAtMostSoMany(t *testing.T) {
	h := authoritytest.Open(t)
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		return h.KeepKeys(w, token.Root, policy.MaxKeys-1)
	}))
	h.Unchecked = true
	_, _, err := keyed(h, root(), "last", draft("nurse"))
	must(t, err)
	_, _, err = keyed(h, root(), "one more", draft("nurse"))
	refusal(t, err, fault.Unavailable, "10000 idempotency keys")
	_, _, err = keyed(h, root(), "last", draft("nurse"))
	refusal(t, err, fault.Conflict, "carried out before")
	h.Token(draft("without a key"))
	ann, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
	_, _, err = keyed(h, ann, "one more", draft("nurse"))
	must(t, err)
	if len(h.All()) != 4 {
		t.Errorf("%d tokens, want 4", len(h.All()))
	}
}
