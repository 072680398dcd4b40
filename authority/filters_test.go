package authority_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
)

func bound(t *testing.T, h *authoritytest.House, id ipfilter.ID) (policy.Draft, string) {
	t.Helper()
	d := draft("bound")
	d.FilterID = id
	_, secret := h.Token(d)
	return d, secret
}

func TestIPFilters_TheTextComesBackByteForByte(t *testing.T) {
	h := authoritytest.Open(t)
	text := "# ours\r\n\tALLOW 10.0.0.1/24 ;deny all # rest\n\n"
	id := filter(t, h, " office ", text)
	h.Reopen()
	got, err := h.Filters(root(), "", 0, nil)
	must(t, err)
	want := []ipfilter.Filter{{ID: id, Name: "office", Text: text}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("filters (-got +want):\n%s", diff)
	}
}

func TestIPFilters_AnEditBindsAtOnceForEveryToken(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow 10.0.0.0/8")
	_, secret := bound(t, h, id)
	verdictFrom(t, h, secret, office, policy.Accepted)
	verdictFrom(t, h, secret, here, policy.Filtered)
	text := "deny 10.0.0.7"
	_, err := h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), id, nil, &text)
	must(t, err)
	verdictFrom(t, h, secret, office, policy.Filtered)
	verdictFrom(t, h, secret, here, policy.Accepted)
	h.Reopen()
	verdictFrom(t, h, secret, office, policy.Filtered)
}

func TestIPFilters_ATextThatDoesNotParseIsNeverStored(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow all")
	text := "allow all\npermit 1.2.3.4"
	_, err := h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), id, nil, &text)
	refusal(t, err, fault.Invalid, "ipFilter:")
	_, err = h.CreateFilter(t.Context(), as(root(), "createIPFilter"), "", text)
	refusal(t, err, fault.Invalid, "name:")
	refusal(t, err, fault.Invalid, "line 2")
	if all, _ := h.Filters(root(), "", 0, nil); len(all) != 1 || all[0].Text != "allow all" {
		t.Errorf("stored: %+v", all)
	}
}

func TestIPFilters_DeletingOneInUseIsRefusedSayingByHowMany(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow 10.0.0.0/8")
	d, _ := bound(t, h, id)
	other, _ := h.Token(d)
	err := h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), id)
	refusal(t, err, fault.Conflict, "2 tokens")
	rotate(t, h, other.ID, 0) // does not change the count
	refusal(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), id), fault.Conflict, "2 tokens")
	for _, v := range h.All() {
		must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	}
	must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), id))
	refusal(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), id), fault.NotFound, "no IP filter")
}

func TestIPFilters_DeletingOneThatAPolicyEnforcesIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow all")
	c := change(policy.Security{Enabled: true})
	c.View.FilterID = &id
	_, err := h.SetSecurity(t.Context(), as(root(), setAction), c)
	must(t, err)
	refusal(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), id), fault.Conflict, "view tokens")
}

func TestIPFilters_UsageNamesTokensAndPolicies(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow all")
	bound(t, h, id)
	bound(t, h, id)
	h.Token(draft("free"))
	got, err := h.FilterUsage(root(), id, 1, 50)
	if err != nil || got.Total != 2 || len(got.Tokens) != 1 || len(got.Policies) != 0 {
		t.Errorf("usage: %+v, %v", got, err)
	}
	_, err = h.FilterUsage(root(), "none", 0, 1)
	refusal(t, err, fault.NotFound, "no IP filter")
}

func TestIPFilters_NoTokenMayEditTheFilterThatBindsIt(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "loop", "allow 127.0.0.1")
	d := policy.Draft{Name: "admin", Permissions: cluster, FilterID: id}
	_, secret := h.Token(d)
	by, _ := h.Verify(secret, here)
	text, name := "allow all", "renamed"
	_, err := h.UpdateFilter(t.Context(), as(by, "updateIPFilter"), id, nil, &text)
	refusal(t, err, fault.Forbidden, "may not change its rules")
	_, err = h.UpdateFilter(t.Context(), as(by, "updateIPFilter"), id, &name, nil)
	must(t, err)
}

func TestIPFilters_WritingAndTestingNeedManageCluster(t *testing.T) {
	h := authoritytest.Open(t)
	id := filter(t, h, "office", "allow all")
	by, _ := h.Holder(permission.ChangeSystemPermissions)
	_, err := h.CreateFilter(t.Context(), as(by, "createIPFilter"), "x", "")
	refusal(t, err, fault.Forbidden, "Manage cluster not allowed")
	_, err = h.UpdateFilter(t.Context(), as(by, "updateIPFilter"), id, nil, nil)
	refusal(t, err, fault.Forbidden, "Manage cluster not allowed")
	refusal(t, h.DeleteFilter(t.Context(), as(by, "deleteIPFilter"), id), fault.Forbidden, "Manage cluster not allowed")
	_, _, err = h.TestFilter(by, "allow all", "1.2.3.4")
	refusal(t, err, fault.Forbidden, "Manage cluster not allowed")
	if _, err := h.Filters(by, "", 0, nil); err != nil {
		t.Errorf("reading filters: %v", err)
	}
}

func TestTestIPFilter_NamesTheDecidingLineAndWhatCanNeverMatch(t *testing.T) {
	h := authoritytest.Open(t)
	d, never, err := h.TestFilter(root(), "deny 10.0.0.0/8\nallow 10.1.1.1", "::ffff:10.1.1.1")
	if err != nil || d.Allowed || d.Line != 1 || len(never) != 1 || never[0] != 2 {
		t.Errorf("got %+v, %v, %v", d, never, err)
	}
	_, _, err = h.TestFilter(root(), "nonsense", "nowhere")
	refusal(t, err, fault.Invalid, "address:")
}

func TestAudit_EventsAreSelectedByTypeActorTokenAndTime(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ChangeSystemPermissions, permission.ReadHealthCheck)
	h.Clock.Pass(minute)
	mid := h.Clock.Millis()
	made, _, err := h.CreateToken(t.Context(), as(by, "createSystemToken"), draft("x"))
	must(t, err)
	h.Clock.Pass(minute)
	filter(t, h, "f", "")
	tests := map[string]struct {
		q    audit.Query
		want int
	}{
		"all":        {audit.Query{}, 3},
		"type":       {audit.Query{Types: []audit.Type{"ipfilters.change"}}, 1},
		"two types":  {audit.Query{Types: []audit.Type{"ipfilters.change", "hashedtokens.change"}}, 3},
		"actor":      {audit.Query{Actor: string(by.ID)}, 1},
		"root":       {audit.Query{Actor: "localroot"}, 2},
		"token":      {audit.Query{TokenID: string(made.ID)}, 1},
		"since":      {audit.Query{Since: mid}, 2},
		"until":      {audit.Query{Until: mid}, 1},
		"one moment": {audit.Query{Since: mid, Until: mid + 1}, 1},
		"nothing":    {audit.Query{TokenID: strings.Repeat("x", 5000)}, 0},
	}
	for name, test := range tests {
		test.q.Limit = 50
		total, page, err := h.Events(t.Context(), root(), test.q)
		if err != nil || total != test.want || len(page) != test.want {
			t.Errorf("%s: %d of %d, %v; want %d", name, len(page), total, err, test.want)
		}
	}
	total, page, err := h.Events(t.Context(), root(), audit.Query{Skip: 1, Limit: 1})
	if err != nil || total != 3 || len(page) != 1 || page[0].Seq != 2 {
		t.Errorf("the second page is %+v of %d, %v", page, total, err)
	}
	h.Clock.Pass(time.Second)
}

func TestAudit_ReadingNeedsOneOfTwoPermissions(t *testing.T) {
	h := authoritytest.Open(t)
	by, _ := h.Holder(permission.ReadHealthCheck)
	_, _, err := h.Events(t.Context(), by, audit.Query{})
	refusal(t, err, fault.Forbidden, "not allowed")
	for _, p := range policy.ReadSecurity() {
		by, _ := h.Holder(p)
		if _, _, err := h.Events(t.Context(), by, audit.Query{Limit: 1}); err != nil {
			t.Errorf("with %v: %v", p, err)
		}
	}
}

func TestUpdateFilter_TheLogTellsHowManyTokensItBinds(t *testing.T) {
	h := authoritytest.Open(t)
	f, err := h.CreateFilter(t.Context(), as(root(), "createIPFilter"), "office", "allow all")
	must(t, err)
	for range 2 {
		d := draft("bound")
		d.FilterID = f.ID
		h.Token(d)
	}
	name := "home"
	_, err = h.UpdateFilter(t.Context(), as(root(), "updateIPFilter"), f.ID, &name, nil)
	must(t, err)
	if got := h.Trail()[0].ByName()["boundTokens"].Value; got != "2" {
		t.Errorf("it tells of %q tokens, want 2", got)
	}
}
