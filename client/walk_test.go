package client_test

import (
	"fmt"
	"strings"
	"testing"

	"tokenscale/client"
)

func TestEachSystemToken_MeetsAllOfTheList(t *testing.T) {
	root, _ := serve(t)
	ctx := t.Context()
	for i := range 7 {
		must(client.CreateSystemToken(ctx, root, client.CreateSystemTokenInput{Name: fmt.Sprint("t", i), Permissions: none}))(t)
	}
	must(client.CreateSystemToken(ctx, root, client.CreateSystemTokenInput{Name: "other", Permissions: []client.SystemPermission{client.SystemPermissionPatchglobal}}))(t)
	met := func(l client.TokenList) string {
		var names []string
		for v, err := range client.EachSystemToken(ctx, root, l) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, v.Name)
		}
		return strings.Join(names, " ")
	}
	equal(t, "all, by name", met(client.TokenList{PageSize: ptr(3)}), "other t0 t1 t2 t3 t4 t5 t6")
	equal(t, "the other way round", met(client.TokenList{SearchFilter: ptr("t"), OrderBy: ptr(client.OrderByDesc), PageSize: ptr(7)}), "t6 t5 t4 t3 t2 t1 t0 other")
	equal(t, "by a permission", met(client.TokenList{PermissionFilter: []client.SystemPermission{client.SystemPermissionPatchglobal}}), "other")
	equal(t, "in a state that none is in", met(client.TokenList{StateFilter: []client.SystemTokenState{client.SystemTokenStateExpired}}), "")
}

func TestEachSystemToken_EndsWithItsCallerOrWithAnError(t *testing.T) {
	root, as := serve(t)
	ctx := t.Context()
	for range 5 {
		must(client.CreateSystemToken(ctx, root, client.CreateSystemTokenInput{Name: "t", Permissions: none}))(t)
	}
	n := 0
	for range client.EachSystemToken(ctx, root, client.TokenList{PageSize: ptr(2)}) {
		if n++; n == 3 {
			break
		}
	}
	equal(t, "tokens met before the caller had enough", n, 3)
	weak := must(client.CreateSystemToken(ctx, root, client.CreateSystemTokenInput{Name: "weak", Permissions: none}))(t).CreateSystemToken.Token
	n = 0
	for v, err := range client.EachSystemToken(ctx, as(weak), client.TokenList{}) {
		if n++; err == nil || !strings.Contains(err.Error(), "not allowed") || v.Id != "" {
			t.Errorf("who may not list is given %+v, %v", v, err)
		}
	}
	equal(t, "answers to who may not list", n, 1)
}
