package policy

import (
	"testing"
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

// The rows "rotateToken", "Update permissions" and "Never possible" of section
// 3 of the contract.

var updatable = Security{Enabled: true, AllowUpdates: true}

// worn is a token with no field left at its zero.
func worn() token.Token {
	return token.Token{
		ID: "t", Name: "name", Note: "for ci", Permissions: permission.Of(patch, health), FilterID: "office",
		ExpireAt: noon + day, CreatedAt: noon - day, IssuedAt: noon - 1, CreatedBy: "maker", Digest: token.Digest{1}, Replaces: "elder",
	}
}

func TestTokens_RotateToken_AllButTheStringAndTheIDStays(t *testing.T) {
	for _, by := range []Actor{ann(), RootActor()} {
		got, err := Rotate(by, worn(), noon)
		want := token.Token{
			Name: "name", Note: "for ci", Permissions: permission.Of(patch, health), FilterID: "office",
			ExpireAt: noon + day, CreatedAt: noon - day, IssuedAt: noon, CreatedBy: "maker", Replaces: "t",
		}
		if err != nil || got != want {
			t.Errorf("Rotate = %+v, %v\nwant %+v", got, err, want)
		}
	}
}

func TestTokens_RotateToken_RootRotatesWhatALaterVersionGranted(t *testing.T) {
	in := worn()
	in.Permissions |= 1 << 40
	if got, err := Rotate(RootActor(), in, noon); err != nil || got.Permissions != in.Permissions {
		t.Errorf("Rotate = %x, %v; want the permissions %x", got.Permissions, err, in.Permissions)
	}
	_, err := Rotate(ann(), in, noon)
	wantRefusal(t, err, fault.Forbidden, "later version")
}

func TestTokens_RotateToken_IsNoUpdateOfPermissions(t *testing.T) {
	if _, err := Rotate(ann(), worn(), noon); err != nil {
		t.Errorf("refused: %v", err)
	}
}

// allWays tries to rotate, to regrant and to annotate t under s, as root.
func allWays(s Security, t token.Token) map[string]error {
	s.AllowUpdates = true
	_, rotate := Rotate(RootActor(), t, noon)
	_, regrant := s.Regrant(RootActor(), t, 0, noon)
	_, annotate := Annotate(RootActor(), t, "for ci", nil, noon)
	return map[string]error{"rotate": rotate, "regrant": regrant, "annotate": annotate}
}

func TestTokens_RotateAndUpdate_RefusedForAnExpiredToken(t *testing.T) {
	for _, at := range []epoch.Millis{noon, noon - 1, 1} {
		for _, err := range allWays(open, expiring(noon-day, at)) {
			wantRefusal(t, err, fault.Conflict, `The token "t" (t) has expired`, "create a new one")
		}
	}
	for what, err := range allWays(open, expiring(noon-day, noon+1)) {
		if err != nil {
			t.Errorf("%s in the last millisecond: %v", what, err)
		}
	}
}

func TestTokens_RotateAndUpdate_RefusedForATokenInItsGracePeriod(t *testing.T) {
	old := living(noon)
	old.ReplacedBy = "next"
	for _, err := range allWays(open, old) {
		wantRefusal(t, err, fault.Conflict, "was rotated", "successor next")
	}
}

// under returns what becomes of a token, stored before the policy was s, and whether it is there.
func under(t *testing.T, s Security, v token.Token) (token.Token, bool) {
	t.Helper()
	h, _, err := History{Policies: Fresh()}.Set(policies(s), Actor{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	v, alive, known := h.Fold(v, 0)
	return v, alive && known
}

func TestTokens_RotateAndUpdate_ATokenThatAPolicyDeletedIsNotThere(t *testing.T) {
	for _, s := range []Security{{}, atMost(int64(Days))} {
		if v, there := under(t, s, living(noon-day)); there {
			t.Errorf("under %+v there is %+v", s, v)
		}
	}
}

func TestTokens_RotateToken_IsRotatedAsThePoliciesMadeIt(t *testing.T) {
	s := Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}
	v, _ := under(t, s, living(noon-day))
	got, err := Rotate(RootActor(), v, noon)
	if err != nil || got.ExpireAt != noon+6*day || got.FilterID != "office" {
		t.Errorf("expires %s, filter %q, %v; want it capped and filtered", got.ExpireAt, got.FilterID, err)
	}
	if again, verdict := s.Judge(got, noon); verdict != Keep {
		t.Errorf("the successor is judged %d, %+v; want it kept", verdict, again)
	}
}

func TestTokens_RotateToken_WhatTheActorMayIssueIsWhatThePoliciesMadeIt(t *testing.T) {
	v, _ := under(t, Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}, living(noon-day))
	by := ann()
	by.FilterID, by.ExpireAt = "office", noon+6*day
	if _, err := Rotate(by, v, noon); err != nil {
		t.Errorf("refused: %v", err)
	}
	by.ExpireAt--
	_, err := Rotate(by, v, noon)
	wantRefusal(t, err, fault.Forbidden, "expires at")
}

func TestTokens_UpdatePermissions_RefusedUnlessThePolicyAllowsIt(t *testing.T) {
	for _, by := range []Actor{ann(), RootActor()} {
		_, err := open.Regrant(by, worn(), 0, noon)
		wantRefusal(t, err, fault.Forbidden, "does not allow updating the permissions", "Create a new token")
	}
}

func TestTokens_UpdatePermissions_ChangesThemAndNothingElse(t *testing.T) {
	for _, by := range []Actor{ann(), RootActor()} {
		want := worn()
		want.Permissions = permission.Of(cluster)
		if got, err := updatable.Regrant(by, worn(), permission.Of(cluster), noon); err != nil || got != want {
			t.Errorf("Regrant = %+v, %v\nwant %+v", got, err, want)
		}
	}
}

func TestTokens_UpdatePermissions_KeepsWhatThePoliciesMadeOfIt(t *testing.T) {
	s := Security{Enabled: true, AllowUpdates: true, MaxAgeMs: week, FilterID: "office"}
	by := ann()
	by.FilterID, by.ExpireAt = "office", noon+6*day
	v, _ := under(t, s, living(noon-day))
	want := v
	want.Permissions = permission.Of(patch)
	if got, err := s.Regrant(by, v, want.Permissions, noon); err != nil || got != want || got.ExpireAt != by.ExpireAt {
		t.Errorf("Regrant = %+v, %v\nwant %+v", got, err, want)
	}
}

func TestNoEscalation_NobodyMayGiveItselfAPermission(t *testing.T) {
	own := living(noon)
	own.Permissions = permission.Of(tokens)
	_, err := updatable.Regrant(ActorOf(own), own, permission.Of(tokens, cluster), noon)
	wantRefusal(t, err, fault.Forbidden, "You lack: Manage cluster.")
}

func TestInGrace_TheOldTokenWorksUntilTheGraceEndsAtMostItsOwnExpiry(t *testing.T) {
	hour := epoch.Millis(Hours)
	tests := []struct {
		name   string
		expire epoch.Millis
		grace  time.Duration
		want   epoch.Millis
	}{
		{"without end", 0, time.Hour, noon + hour},
		{"its expiry a millisecond later", noon + hour + 1, time.Hour, noon + hour},
		{"its expiry just then", noon + hour, time.Hour, noon + hour},
		{"its expiry a millisecond earlier", noon + hour - 1, time.Hour, noon + hour - 1},
		{"no grace: over at once", 0, 0, noon},
		{"grace to the end of time", 0, 1<<63 - 1, min(epoch.End-1, noon.Add(1<<63-1))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := worn()
			in.ExpireAt = test.expire
			want := in
			want.ExpireAt, want.ReplacedBy, want.Replaces = test.want, "next", ""
			if got := InGrace(in, "next", test.grace, noon); got != want {
				t.Errorf("InGrace = %+v\nwant %+v", got, want)
			}
		})
	}
	if old := InGrace(living(noon), "next", 0, noon); !old.Expired(noon) {
		t.Error("without grace the old token still works when the call returns")
	}
}

func TestTokens_Note_NothingElseChanges(t *testing.T) {
	for _, by := range []Actor{holding(permission.ChangeSystemPermissions), RootActor()} {
		want := worn()
		want.Note = "call ops"
		if got, err := Annotate(by, worn(), " call ops ", nil, noon); err != nil || got != want {
			t.Errorf("Annotate = %+v, %v\nwant %+v", got, err, want)
		}
		want.Note = ""
		if got, err := Annotate(by, worn(), " ", nil, noon); err != nil || got != want {
			t.Errorf("Annotate = %+v, %v\nwant none left", got, err)
		}
	}
	_, err := Annotate(holding(permission.ManageCluster), worn(), "x", nil, noon)
	wantRefusal(t, err, fault.Forbidden, "not allowed")
}

func TestTokens_Note_WrittenOverTheExpectedOneOnly(t *testing.T) {
	tests := []struct {
		now, expected, next string
		refused             bool
	}{
		{now: "call ops", expected: "call ops", next: "call ann"},
		{now: "", expected: "", next: "call ann"},
		{now: "call bob", expected: "call ops", next: "call ann", refused: true},
		{now: "call bob", expected: "", next: "call ann", refused: true},
		{now: "", expected: "call ops", next: "call ann", refused: true},
		{now: "call ann", expected: "call ops", next: "call ann"}, // asked again
	}
	for _, test := range tests {
		v := worn()
		v.Note = test.now
		got, err := Annotate(RootActor(), v, test.next, &test.expected, noon)
		if test.refused {
			wantRefusal(t, err, fault.Conflict, "was changed meanwhile", "Nothing was changed", "decide anew")
		} else if err != nil || got.Note != test.next {
			t.Errorf("%+v: %q, %v", test, got.Note, err)
		}
	}
}
