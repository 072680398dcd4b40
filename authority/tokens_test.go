package authority_test

import (
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/permission"
	"tokenscale/policy"
)

func TestATokenWorksFromItsCreationUntilItsDeletion(t *testing.T) {
	h := authoritytest.Open(t)
	made, secret := h.Token(policy.Draft{Name: "nurse", Permissions: permission.Of(permission.ReadHealthCheck)})
	if _, outcome := h.Verify(secret, authoritytest.Loopback); outcome != policy.Accepted {
		t.Fatalf("a new token is %v", outcome)
	}
	h.Reopen()
	if _, outcome := h.Verify(secret, authoritytest.Loopback); outcome != policy.Accepted {
		t.Fatalf("after a restart the token is %v", outcome)
	}
	if err := h.DeleteToken(t.Context(), authoritytest.Root(), made.ID, "deleteSystemToken"); err != nil {
		t.Fatal(err)
	}
	if _, outcome := h.Verify(secret, authoritytest.Loopback); outcome != policy.Unknown {
		t.Errorf("a deleted token is %v, want unknown", outcome)
	}
	if got := len(h.Trail()); got != 2 {
		t.Errorf("%d audit entries, want 2", got)
	}
}
