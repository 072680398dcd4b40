package authority_test

import (
	"context"
	"sync"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store/etcd"
	"tokenscale/token"
)

// crowd makes many tokens, by many callers at once.
func crowd(t *testing.T, h *authoritytest.House, n int, d policy.Draft) (ids []token.ID, secrets []string) {
	t.Helper()
	ids, secrets = make([]token.ID, n), make([]string, n)
	var work sync.WaitGroup
	for from := range 50 {
		work.Go(func() {
			for i := from; i < n; i += 50 {
				made, secret, err := h.CreateToken(context.Background(), as(root(), "createSystemToken"), d)
				if err != nil {
					t.Error(err)
					return
				}
				ids[i], secrets[i] = made.ID, secret.Reveal()
			}
		})
	}
	work.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return ids, secrets
}

// It is more than a transaction of etcd takes. All nodes know of it when it is answered, and the
// log has an entry for each token.
func TestNodes_AThousandTokensAreDeletedAtOnceOrNone(t *testing.T) {
	a, b := twoNodes(t)
	c, leave, err := a.Join("c")
	must(t, err)
	t.Cleanup(func() { must(t, leave()) })
	nodes := map[string]*authority.Authority{"a": a.Authority, "b": b, "c": c}
	ids, secrets := crowd(t, a, policy.MaxDeletions, draft("leaver"))
	_, stays := a.Token(draft("stays"))
	by := as(root(), "deleteSystemTokens")
	accepted := func(secrets ...string) (n int) {
		for _, node := range nodes {
			for _, secret := range secrets {
				if _, outcome := node.Verify(secret, here); outcome == policy.Accepted {
					n++
				}
			}
		}
		return n
	}
	must(t, b.Door().Refresh(t.Context()))
	refusal(t, b.DeleteTokens(t.Context(), by, append([]token.ID{"nobody"}, ids[1:]...)), fault.NotFound, "none was deleted")
	if n := accepted(secrets...); n != 3*len(secrets) {
		t.Fatalf("after a refusal %d of %d are accepted", n, 3*len(secrets))
	}
	must(t, b.DeleteTokens(t.Context(), by, ids))
	if n := accepted(secrets...); n != 0 {
		t.Errorf("%d are still accepted when they were deleted", n)
	}
	if n := accepted(stays); n != 3 {
		t.Errorf("%d of 3 nodes accept another token", n)
	}
	must(t, a.Door().Refresh(t.Context()))
	entries := map[token.ID]int{}
	for _, e := range a.Trail() {
		if e.Action == "deleteSystemTokens" && e.Refused == "" {
			entries[token.ID(e.TokenID)]++
		}
	}
	for _, id := range ids {
		if entries[id] != 1 || len(entries) != len(ids) {
			t.Fatalf("%d entries tell of the end of %s; %d tokens have some", entries[id], id, len(entries))
		}
	}
	nodeIsWhole(t, a)
}

// nodeIsWhole fails the test unless a node that begins with nothing has what the others have.
func nodeIsWhole(t *testing.T, h *authoritytest.House) {
	t.Helper()
	late, leave, err := h.Join("late")
	must(t, err)
	defer func() { must(t, leave()) }()
	got, err := late.Tokens(root(), token.Query{Limit: 1})
	must(t, err)
	if got.Total != len(h.All()) {
		t.Errorf("a node that joins has %d tokens, and the others %d", got.Total, len(h.All()))
	}
}

// The evidence of what a policy did to many tokens may be more than a transaction of etcd takes.
func TestNodes_APolicyThatTouchesManyTokensIsOneChange(t *testing.T) {
	a, _ := twoNodes(t)
	narrow, leave, err := a.Join("narrow", func(o *etcd.Options) { o.MaxOps = 4 })
	must(t, err)
	t.Cleanup(func() { must(t, leave()) })
	crowd(t, a, 300, draft("x"))
	must(t, narrow.Door().Refresh(t.Context()))
	_, err = narrow.SetSecurity(t.Context(), as(root(), setAction), change(maximum(day)))
	must(t, err)
	must(t, a.Door().Refresh(t.Context()))
	if n := len(a.Trail()); n < 300 {
		t.Errorf("%d entries", n)
	}
	nodeIsWhole(t, a)
}
