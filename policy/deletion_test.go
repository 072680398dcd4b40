package policy

import (
	"strings"
	"testing"

	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

func TestDeleteTokens_WhoMayAndWhichIDs(t *testing.T) {
	admin := holding(permission.ChangeSystemPermissions)
	if err := DeleteTokens(admin, []token.ID{"a", "b"}); err != nil {
		t.Errorf("two are refused: %v", err)
	}
	wantRefusal(t, DeleteTokens(holding(permission.ManageCluster), []token.ID{"a"}), fault.Forbidden, "Change system permissions not allowed")
	wantField(t, DeleteTokens(admin, nil), fault.Invalid, "ids", "No token is named")
	wantField(t, DeleteTokens(admin, make([]token.ID, 1001)), fault.Invalid, "ids", "1001 tokens", "at most 1000")
	wantField(t, DeleteTokens(admin, []token.ID{"a", "b", "a"}), fault.Invalid, "ids", "1 and 3 are the same")
}

func TestNotAmong_RepeatsOnlyWhatIsAnID(t *testing.T) {
	id := token.ID(strings.Repeat("a", 32))
	wantRefusal(t, NotAmong(id, 4), fault.NotFound, string(id))
	for _, given := range []token.ID{"a b", id + "x", "ünder", ""} {
		if err := NotAmong(given, 4); given != "" && strings.Contains(err.Error(), string(given)) {
			t.Errorf("%q is repeated: %v", given, err)
		} else {
			wantRefusal(t, err, fault.NotFound, "place 5")
		}
	}
}
