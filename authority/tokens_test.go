package authority_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestATokenWorksFromItsCreationUntilItsDeletion(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(draft("nurse"))
	verdict(t, h, secret, policy.Accepted)
	h.Reopen()
	verdict(t, h, secret, policy.Accepted)
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), made.ID))
	verdict(t, h, secret, policy.Unknown)
	h.Reopen()
	verdict(t, h, secret, policy.Unknown)
	if got := len(h.Trail()); got != 2 {
		t.Errorf("%d audit entries, want 2", got)
	}
}

func TestTokens_String_TheIDStandsBeforeTheTilde(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(draft("nurse"))
	if before, _, _ := strings.Cut(secret, "~"); before != string(made.ID) {
		t.Errorf("the string begins with %q, the id is %q", before, made.ID)
	}
	for _, wrong := range []string{secret[:40], secret + " ", strings.ToLower(secret), ""} {
		verdict(t, h, wrong, policy.Malformed)
	}
	other, _, err := token.Mint(strings.NewReader(strings.Repeat("a", 1000)))
	must(t, err)
	forged, err := token.MintFor(made.ID, strings.NewReader(strings.Repeat("a", 1000)))
	must(t, err)
	verdict(t, h, forged.Reveal(), policy.Wrong)
	forged, err = token.MintFor(other, strings.NewReader(strings.Repeat("a", 1000)))
	must(t, err)
	verdict(t, h, forged.Reveal(), policy.Unknown)
}

func TestTokens_Name_TrimmedAndDuplicatesAllowed(t *testing.T) {
	h := authoritytest.Open(t)
	one, _ := h.Token(draft("  nurse \t"))
	two, _ := h.Token(draft("nurse"))
	if one.Name != "nurse" || two.Name != one.Name || one.ID == two.ID {
		t.Errorf("got %q and %q", one.Name, two.Name)
	}
}

func TestTokens_BadInput_NamesEachFieldAndChangesNothing(t *testing.T) {
	h := authoritytest.Open(t)
	before := h.State()
	past := h.Clock.Millis()
	bad := policy.Draft{Name: " ", Expiry: policy.Expiry{At: &past}}
	_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), bad)
	refusal(t, err, fault.Invalid, "name:")
	refusal(t, err, fault.Invalid, "expireAt:")
	_, _, err = h.CreateToken(t.Context(), as(root(), "createSystemToken"), policy.Draft{Name: "x", FilterID: "none"})
	refusal(t, err, fault.Invalid, "ipFilterId:")
	if diff := cmp.Diff(h.State(), before); diff != "" || len(h.Trail()) != 0 {
		t.Errorf("something changed: %s, %d entries", diff, len(h.Trail()))
	}
}

func TestTokens_Permissions_AnEmptyListIsAllowed(t *testing.T) {
	h := authoritytest.Open(t)
	_, secret := h.Token(policy.Draft{Name: "none"})
	actor, outcome := h.Verify(secret, here)
	if outcome != policy.Accepted || actor.Permissions != 0 {
		t.Errorf("got %v with %v", outcome, actor.Permissions.Names())
	}
}

func TestTokens_Times_ValidExactlyWhileNowIsBeforeTheExpiry(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(ending(h, "short", time.Second))
	h.Clock.Pass(time.Second - time.Millisecond)
	verdict(t, h, secret, policy.Accepted)
	h.Clock.Pass(time.Millisecond)
	verdict(t, h, secret, policy.Expired)
	if v, err := h.Authority.Token(root(), made.ID); err != nil || !v.Expired {
		t.Errorf("an expired token is still listed, and says so: %v, %v", v.Expired, err)
	}
}

// Wherever the end comes from, it is exact, also after a restart.
func TestTokens_Times_EveryKindOfEndIsExactToTheMillisecond(t *testing.T) {
	in := func(amount int64, unit policy.Unit) policy.Draft {
		d := draft("in")
		d.Expiry.In = &policy.Span{Amount: amount, Unit: unit}
		return d
	}
	plain := func(d policy.Draft) func(*authoritytest.House) string {
		return func(h *authoritytest.House) string { _, secret := h.Token(d); return secret }
	}
	for name, test := range map[string]struct {
		after time.Duration
		make  func(*authoritytest.House) string
	}{
		"a moment":   {day, func(h *authoritytest.House) string { _, secret := h.Token(ending(h, "at", day)); return secret }},
		"90 minutes": {90 * minute, plain(in(90, policy.Minutes))},
		"2 hours":    {2 * time.Hour, plain(in(2, policy.Hours))},
		"3 days":     {3 * day, plain(in(3, policy.Days))},
		"the maximum at creation": {time.Hour, func(h *authoritytest.House) string {
			set(t, h, maximum(time.Hour))
			return plain(draft("capped"))(h)
		}},
		"a maximum set later": {time.Hour, func(h *authoritytest.House) string {
			_, secret := h.Token(draft("capped"))
			set(t, h, maximum(time.Hour))
			return secret
		}},
		"a grace period": {time.Hour, func(h *authoritytest.House) string {
			old, secret := h.Token(draft("rotated"))
			rotate(t, h, old.ID, time.Hour)
			return secret
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := authoritytest.Open(t)
			secret := test.make(h)
			h.Clock.Pass(test.after - time.Millisecond)
			verdict(t, h, secret, policy.Accepted)
			h.Reopen()
			verdict(t, h, secret, policy.Accepted)
			h.Clock.Pass(time.Millisecond)
			verdict(t, h, secret, policy.Expired)
			h.Reopen()
			verdict(t, h, secret, policy.Expired)
			h.Clock.Pass(time.Millisecond)
			verdict(t, h, secret, policy.Expired)
		})
	}
}

func TestTokens_SearchFilter_PartOfTheNameOrTheID(t *testing.T) {
	h := authoritytest.Open(t)
	one, _ := h.Token(draft("Nurse ÄRZTE"))
	h.Token(draft("doctor"))
	h.Token(draft("about " + string(one.ID)))
	for search, want := range map[string]int{"nurse": 1, "URSE": 1, "ärzte": 1, "o": 2, "": 3, "nobody": 0, string(one.ID): 1} {
		p, err := h.Tokens(root(), token.Query{Search: search, Limit: 50})
		if err != nil || p.Total != want || len(p.Tokens) != want {
			t.Errorf("searching %q finds %d of %d, %v; want %d", search, len(p.Tokens), p.Total, err, want)
		}
	}
}

func TestTokens_Order_ByNameOrByExpiryWithTheEndlessLast(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(ending(h, "b", 2*day))
	h.Token(draft("C"))
	h.Token(ending(h, "a", 3*day))
	h.Token(ending(h, "D", day))
	for want, q := range map[string]token.Query{
		"abCD": {},
		"DCba": {Descending: true},
		"DbaC": {Order: token.ByExpiry},
		"CabD": {Order: token.ByExpiry, Descending: true},
		"bCD":  {Skip: 1},
		"":     {Skip: 9},
	} {
		q.Limit = 50
		p, err := h.Tokens(root(), q)
		must(t, err)
		got := ""
		for _, v := range p.Tokens {
			got += v.Name
		}
		if got != want || p.Total != 4 {
			t.Errorf("%+v: got %q of %d, want %q", q, got, p.Total, want)
		}
	}
}

func TestTokens_Page_BoundsOutsideTheLimitsAreErrors(t *testing.T) {
	h := authoritytest.Open(t)
	for _, q := range []token.Query{{Skip: -1}, {Limit: -1}, {Limit: 1001}} {
		_, err := h.Tokens(root(), q)
		refusal(t, err, fault.Invalid, "must be")
	}
}

func TestTokens_Expired_ListedFor5MinutesThenRemovedWithAnAuditEntry(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(ending(h, "short", minute))
	h.Clock.Pass(6*minute - time.Millisecond)
	must(t, h.HideExpired(t.Context()))
	if !listed(h, made.ID) {
		t.Fatal("removed before its 5 minutes")
	}
	h.Clock.Pass(time.Millisecond)
	must(t, h.HideExpired(t.Context()))
	must(t, h.HideExpired(t.Context()))
	if listed(h, made.ID) {
		t.Error("still listed after 5 minutes")
	}
	verdict(t, h, secret, policy.Expired)
	if e := h.Trail()[0]; e.Type != "tokens.expire" || e.TokenID != string(made.ID) || e.Actor.Type != "system" {
		t.Errorf("the last entry is %s", authoritytest.Describe(e))
	}
}

func TestTokens_Expired_ManyAreRemovedInBatches(t *testing.T) {
	h := authoritytest.Open(t)
	seed(t, h, 1200, func(i int, v *token.Token) { v.ExpireAt = h.Clock.Millis() + 1 })
	kept, _ := h.Token(draft("kept"))
	h.Clock.Pass(6 * minute)
	must(t, h.HideExpired(t.Context()))
	if all := h.All(); len(all) != 1 || all[0].ID != kept.ID {
		t.Errorf("%d tokens are left, want 1", len(all))
	}
	if got := len(h.Trail()); got != 1201 {
		t.Errorf("%d entries, want 1201", got)
	}
}

func TestTokens_NoEscalation_AnActorGrantsOnlyWhatItHolds(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	_, _, err := h.CreateToken(t.Context(), as(by, "createSystemToken"), policy.Draft{Name: "x", Permissions: cluster})
	refusal(t, err, fault.Forbidden, "Manage cluster")
	strong, _ := h.Token(policy.Draft{Name: "strong", Permissions: cluster})
	_, _, err = h.RotateToken(t.Context(), as(by, "rotateToken"), strong.ID, 0)
	refusal(t, err, fault.Forbidden, "Manage cluster")
	_, _, err = h.CreateToken(t.Context(), as(by, "createSystemToken"), policy.Draft{Name: "x", Permissions: tokens})
	must(t, err)
}

func TestTokens_NoEscalation_NeitherAWiderFilterNorALaterExpiry(t *testing.T) {
	h := authoritytest.Open(t)
	f := filter(t, h, "loop", "allow 127.0.0.1")
	at := h.Clock.Millis().Add(day)
	d := policy.Draft{Name: "bound", Permissions: tokens, FilterID: f, Expiry: policy.Expiry{At: &at}}
	_, secret := h.Token(d)
	by, _ := h.Verify(secret, here)
	_, _, err := h.CreateToken(t.Context(), as(by, "createSystemToken"), policy.Draft{Name: "x", Expiry: d.Expiry})
	refusal(t, err, fault.Forbidden, "same filter")
	later := at + 1
	_, _, err = h.CreateToken(t.Context(), as(by, "createSystemToken"), policy.Draft{Name: "x", FilterID: f, Expiry: policy.Expiry{At: &later}})
	refusal(t, err, fault.Forbidden, "no later")
	_, _, err = h.CreateToken(t.Context(), as(by, "createSystemToken"), policy.Draft{Name: "x", FilterID: f, Expiry: d.Expiry})
	must(t, err)
}

func TestTheActorIsJudgedAsItIsNowNotAsItWasWhenTheRequestBegan(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions, permission.ManageCluster)
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), by.ID, cluster))
	_, _, err := h.CreateToken(t.Context(), as(by, "createSystemToken"), draft("x"))
	refusal(t, err, fault.Forbidden, "Change system permissions not allowed")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), by.ID))
	_, err = h.CreateFilter(t.Context(), as(by, "createIPFilter"), "x", "")
	refusal(t, err, fault.Unauthenticated, "invalid")
}

func TestATokenMayReadItselfAndNoOther(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ReadHealthCheck)
	other, _ := h.Token(draft("other"))
	if v, err := h.Authority.Token(by, by.ID); err != nil || v.ID != by.ID {
		t.Errorf("reading itself: %v, %v", v.ID, err)
	}
	_, err := h.Authority.Token(by, other.ID)
	refusal(t, err, fault.Forbidden, "not allowed")
	_, err = h.Tokens(by, token.Query{Limit: 1})
	refusal(t, err, fault.Forbidden, "not allowed")
}

func TestARefusedChangeIsAnEntryOfItsOwn(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ReadHealthCheck)
	refusal(t, h.DeleteToken(t.Context(), as(by, "deleteSystemToken"), by.ID), fault.Forbidden, "not allowed")
	e := h.Trail()[0]
	want := []string{"hashedtokens.change", "deleteSystemToken", string(by.ID), "Change system permissions not allowed"}
	got := []string{string(e.Type), e.Action, e.Actor.TokenID, e.Refused}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("entry (-got +want):\n%s", diff)
	}
}

func TestAfterTheYear9999NothingOverflows(t *testing.T) {
	h := authoritytest.Open(t)
	for _, at := range []epoch.Millis{epoch.End, epoch.End + 1, 1<<63 - 1, -1, -1 << 63} {
		_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), policy.Draft{Name: "x", Expiry: policy.Expiry{At: &at}})
		refusal(t, err, fault.Invalid, "expireAt:")
	}
}
