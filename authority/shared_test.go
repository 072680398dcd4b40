package authority_test

import (
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
)

// A token of one node, used at another one that has not heard of it yet, is good.
func TestVerify_WhatAnotherNodeHasMadeIsFoundBeforeItIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true // the other one writes last uses, which this one does not hear of
	other, err := h.On(&authoritytest.Node{DB: h.DB})
	must(t, err)
	defer other.Close(t.Context())
	v, secret := h.Token(draft("new"))
	if _, outcome := other.Verify(secret, here); outcome != policy.Accepted {
		t.Errorf("a token made elsewhere is %v", outcome)
	}
	_, secret = h.Token(draft("newer"))
	must(t, other.Door().Refresh(t.Context()))
	if _, outcome := other.Verify(secret, here); outcome != policy.Accepted {
		t.Errorf("after a refresh a token made elsewhere is %v", outcome)
	}
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteSystemToken"), v.ID))
	must(t, other.Door().Refresh(t.Context()))
	if _, err := other.Token(root(), v.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("after a refresh a token deleted elsewhere is there: %v", err)
	}
}

func TestVerify_ANodeThatMayBeBehindSaysNothingAboutAnyToken(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true // the other one writes last uses, which this one does not hear of
	n := &authoritytest.Node{DB: h.DB}
	other, err := h.On(n)
	must(t, err)
	defer other.Close(t.Context())
	_, good := h.Token(draft("good"))
	_, expires := h.Token(ending(h, "short", day))
	must(t, other.Door().Refresh(t.Context()))
	h.Clock.Pass(2 * day)
	by, outcome := other.Verify(good, here)
	if outcome != policy.Accepted {
		t.Fatalf("before: %v", outcome)
	}
	session, _, err := other.BeginSession(by)
	must(t, err)
	secret, err := h.ReplaceRoot(t.Context())
	must(t, err)
	n.CutOff(true)
	for name, credential := range map[string]string{
		"good": good, "expired": expires, "unknown": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA~x", "malformed": "x", "the root token": secret.Reveal(), "": "",
	} {
		if by, outcome := other.Verify(credential, here); outcome != policy.NotProven || by.ID != "" || by.Root {
			t.Errorf("%s is %v, and %+v", name, outcome, by)
		}
	}
	if by, outcome := other.Resume(session, here); outcome != policy.NotProven || by.ID != "" {
		t.Errorf("a session is %v, and %+v", outcome, by)
	}
	refusal(t, other.Door().Refresh(t.Context()), fault.Unavailable, "Ask another node")
	if other.Door().Proven() == nil {
		t.Error("it says that it may answer")
	}
	n.CutOff(false)
	if _, outcome := other.Verify(good, here); outcome != policy.Accepted {
		t.Errorf("after it: %v", outcome)
	}
	if _, outcome := other.Verify(secret.Reveal(), here); outcome != policy.Accepted {
		t.Errorf("the new root token: %v", outcome)
	}
}
