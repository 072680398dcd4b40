package authority_test

import (
	"context"
	"strings"
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
)

func TestAStoreWithoutItsPoliciesIsDamagedAndNotFree(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true
	h.Token(policy.Draft{Name: "nurse", Permissions: permission.Of(permission.ReadHealthCheck)})
	err := h.DB.Update(context.Background(), func(w store.Writer) error { return w.Delete("settings", []byte("policies")) })
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.CreateToken(t.Context(), as(authoritytest.Root(), "createSystemToken"), policy.Draft{Name: "x"})
	if err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("CreateToken = %v, want the missing row named", err)
	}
	h.Close()
	if err := h.TryOpen(); err == nil || !strings.Contains(err.Error(), "policies") {
		t.Errorf("a restart = %v, want the missing row named", err)
	}
}
