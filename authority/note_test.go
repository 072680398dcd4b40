package authority_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

const noteAction = "updateSystemTokenNote"

// noted is draft with a note.
func noted(name, note string) policy.Draft {
	d := draft(name)
	d.Note = note
	return d
}

func annotate(t testing.TB, h *authoritytest.House, id token.ID, note string) token.Token {
	t.Helper()
	v, err := h.UpdateNote(context.Background(), as(root(), noteAction), id, note, nil)
	must(t, err)
	return v
}

// holders returns the names of the tokens that a search finds, in names and notes.
func holders(t testing.TB, h *authoritytest.House, q token.Query) []string {
	t.Helper()
	q.SearchNotes, q.Limit = true, 100
	p, err := h.Tokens(root(), q)
	must(t, err)
	names := make([]string, len(p.Tokens))
	for i, v := range p.Tokens {
		names[i] = v.Name
	}
	return names
}

func TestNote_IsKeptFromTheCreationThroughRotationsAndRestarts(t *testing.T) {
	h := authoritytest.Open(t)
	made, _ := h.Token(noted("nurse", " for the ward; call ops "))
	next, _ := rotate(t, h, made.ID, 0)
	h.Reopen()
	last, _ := rotate(t, h, next.ID, time.Hour)
	for what, v := range map[string]token.Token{
		"made": made, "rotated": next, "after a restart": last, "listed": shown(t, h, last.ID), "in its grace period": shown(t, h, next.ID),
	} {
		if v.Note != "for the ward; call ops" {
			t.Errorf("%s its note is %q", what, v.Note)
		}
	}
}

// Both strings are of the same token, so whoever is to be called is.
func TestNote_ChangesOfATokenAndOfItsStringInTheGracePeriod(t *testing.T) {
	h := authoritytest.Open(t)
	old, _ := h.Token(draft("nurse"))
	next, _ := rotate(t, h, old.ID, time.Hour)
	if v := annotate(t, h, next.ID, "call ops"); v.Note != "call ops" || v.ID != next.ID {
		t.Errorf("noted on %+v", v)
	}
	if a, b := shown(t, h, next.ID).Note, shown(t, h, old.ID).Note; a != "call ops" || b != "call ops" {
		t.Errorf("the notes are %q and %q", a, b)
	}
	_, err := h.UpdateNote(t.Context(), as(root(), noteAction), old.ID, "x", nil)
	refusal(t, err, fault.Conflict, "Change its successor "+string(next.ID))
	want := next
	want.Note = ""
	if got := annotate(t, h, next.ID, " "); got != want {
		t.Errorf("nothing but the note changes, and goes (-got +want):\n%s", cmp.Diff(got, want))
	}
}

func TestNote_WhoMayNotAdministerTokensIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(noted("nurse", "call ops"))
	by, _ := h.Holder(permission.ManageCluster)
	_, err := h.UpdateNote(t.Context(), as(by, noteAction), v.ID, "call me", nil)
	refusal(t, err, fault.Forbidden, "not allowed")
	_, err = h.UpdateNote(t.Context(), as(root(), noteAction), "nobody", "x", nil)
	refusal(t, err, fault.NotFound, "no token")
	gone, _ := h.Token(ending(h, "short", minute))
	h.Clock.Pass(minute)
	_, err = h.UpdateNote(t.Context(), as(root(), noteAction), gone.ID, "x", nil)
	refusal(t, err, fault.Conflict, "has expired")
	if note := shown(t, h, v.ID).Note; note != "call ops" {
		t.Errorf("the note is %q", note)
	}
}

// Whoever may do less than a token may still say what it is for: that grants nothing.
func TestNote_OfATokenThatMayDoMore(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	v, _ := h.Token(policy.Draft{Name: "strong", Permissions: cluster})
	if _, err := h.UpdateNote(t.Context(), as(by, noteAction), v.ID, "call ops", nil); err != nil {
		t.Error(err)
	}
}

func TestNote_ItsChangesAreInTheAuditLogWithWhoMadeThem(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	v, _ := h.Token(noted("nurse", "for the ward"))
	_, err := h.UpdateNote(t.Context(), as(by, noteAction), v.ID, "call ops", nil)
	must(t, err)
	trail := about(t, h, v.ID)
	e := trail[0]
	want := []audit.Field{audit.One("tokenName", "nurse"), audit.One("oldNote", "for the ward"), audit.One("newNote", "call ops")}
	if e.Type != audit.TokenChanged || e.Action != noteAction || e.Actor.TokenID != string(by.ID) || cmp.Diff(e.Fields, want) != "" {
		t.Errorf("got %s", authoritytest.Describe(e))
	}
	if made := trail[len(trail)-1]; made.ByName()["note"].Value != "for the ward" {
		t.Errorf("the creation tells %s", authoritytest.Describe(made))
	}
}

func TestNote_ATextThatHoldsATokenIsRefusedAndKeptNowhere(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("nurse"))
	_, half, _ := strings.Cut(secret, "~")
	for _, text := range []string{secret, "the token is " + secret + ".", "secret:" + half} {
		_, err := h.UpdateNote(t.Context(), as(root(), noteAction), v.ID, text, nil)
		refusal(t, err, fault.Invalid, "errors in the input")
		_, _, err = h.CreateToken(t.Context(), as(root(), "createSystemToken"), noted("x", text))
		refusal(t, err, fault.Invalid, "errors in the input")
	}
	trail, err := json.Marshal(h.Trail())
	must(t, err)
	h.Close()
	for place, text := range map[string]string{"the store": files(t, h), "the log": h.Log.String(), "the trail": string(trail)} {
		for _, part := range parts(secret) {
			if strings.Contains(text, part) {
				t.Errorf("a part of the secret is in %s", place)
			}
		}
	}
	must(t, h.TryOpen())
}

func TestNote_IsFoundByASearchUnlessOnlyNamesAreAskedFor(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(noted("nurse", "Ärzte; call OPS"))
	doctor, _ := h.Token(noted("doctor for ops", "x"))
	plain, _ := h.Token(draft("plain"))
	for range 2 {
		for part, want := range map[string][]string{
			"ops": {"doctor for ops", "nurse"}, "ÄRZTE": {"nurse"}, "arzte": {}, string(plain.ID): {"plain"}, "": {"doctor for ops", "nurse", "plain"},
		} {
			if got := holders(t, h, token.Query{Search: part}); !slices.Equal(got, want) {
				t.Errorf("%q finds %q, want %q", part, got, want)
			}
		}
		h.Reopen()
	}
	if p, err := h.Tokens(root(), token.Query{Search: "ops", Limit: 9}); err != nil || p.Total != 1 || p.Tokens[0].ID != doctor.ID {
		t.Errorf("in names alone it is found %d times, %v", p.Total, err)
	}
	annotate(t, h, plain.ID, "now ops too")
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), doctor.ID))
	if got, want := holders(t, h, token.Query{Search: "ops"}), []string{"nurse", "plain"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// Who wants to know whom to call about a string that is dead still learns it.
func TestNote_StaysWithATokenThatHasEnded(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(noted("nurse", "call ops"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	for range 2 {
		if got := onlyEnded(t, h); got.Note != "call ops" {
			t.Errorf("its note is %q", got.Note)
		}
		for _, q := range []token.Query{{Search: "OPS", SearchNotes: true}, {Search: "nurse"}} {
			if len(ended(t, h, q)) != 1 {
				t.Errorf("%+v does not find it", q)
			}
		}
		if len(ended(t, h, token.Query{Search: "ops"})) != 0 {
			t.Error("it is found by its note though only names are asked for")
		}
		h.Reopen()
	}
}

// One that had expired by a wrong clock only comes back as it was.
func TestNote_ComesBackWithAHiddenToken(t *testing.T) {
	h, accept := acceptable(t)
	d := ending(h, "nurse", day)
	d.Note = "call ops"
	v, _ := h.Token(d)
	h.Clock.Set(2 * day)
	h.Round(t.Context())
	if len(holders(t, h, token.Query{Search: "ops"})) != 0 {
		t.Fatal("it is not hidden")
	}
	h.Clock.Set(-2 * day)
	accepting(t, h, accept)
	if got := shown(t, h, v.ID); got.Note != "call ops" {
		t.Errorf("its note is %q", got.Note)
	}
}

func TestNote_TwoCreationsThatDifferInItAreNotTheSame(t *testing.T) {
	h := authoritytest.Open(t)
	by := withKey(as(root(), "createSystemToken"), "once")
	_, _, err := h.CreateToken(t.Context(), by, noted("nurse", "a"))
	must(t, err)
	_, _, err = h.CreateToken(t.Context(), by, noted("nurse", "a"))
	refusal(t, err, fault.Conflict, "carried out before")
	_, _, err = h.CreateToken(t.Context(), by, noted("nurse", "b"))
	refusal(t, err, fault.Conflict, "another request")
}

// A store in etcd that takes many rows at once still takes no more bytes.
func TestNote_ManyTokensWithLongOnesAreHidden(t *testing.T) {
	n := &narrow{rows: 10_000}
	h := authoritytest.OpenWith(t, authoritytest.Setup{File: true, Wrap: func(db store.DB) store.DB {
		n.DB = db
		return n
	}})
	name, note := strings.Repeat("\U0001f511", policy.MaxName), strings.Repeat("\U0001f511", policy.MaxNote)
	const many = 200
	for range many {
		d := ending(h, name, minute)
		d.Note = note
		h.Token(d)
	}
	h.Clock.Pass(time.Hour)
	must(t, h.HideExpired(t.Context()))
	if left := h.All(); len(left) != 0 {
		t.Errorf("%d are still listed", len(left))
	}
}
