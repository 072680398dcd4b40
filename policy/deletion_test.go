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
	if err := DeleteTokens(admin, []token.ID{"a", "b"}, 2); err != nil {
		t.Errorf("two of at most two are refused: %v", err)
	}
	wantRefusal(t, DeleteTokens(holding(permission.ManageCluster), []token.ID{"a"}, 2), fault.Forbidden, "Change system permissions not allowed")
	wantField(t, DeleteTokens(admin, nil, 2), fault.Invalid, "ids", "No token is named")
	wantField(t, DeleteTokens(admin, []token.ID{"a", "b", "c"}, 2), fault.Invalid, "ids", "3 tokens", "at most 2")
	wantField(t, DeleteTokens(admin, []token.ID{"a", "b", "a"}, 3), fault.Invalid, "ids", "1 and 3 are the same")
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
