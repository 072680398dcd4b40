package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/fault"
	"tokenscale/permission"
)

func TestRepeat_TheAnswerSaysWhatWasMadeAndWhatToDo(t *testing.T) {
	const (
		rotate  = "rotateToken with this id gives a new string"
		another = "send another Idempotency-Key"
	)
	for name, test := range map[string]struct {
		made   Made
		words  []string
		reason map[string]string
	}{
		"a token":                   {Made{TokenMade, "t1", "", StillThere}, []string{"it made the token t1. ", rotate}, map[string]string{"tokenId": "t1"}},
		"a token that was deleted":  {Made{TokenMade, "t1", "", WasDeleted}, []string{"t1, which was deleted since.", another}, map[string]string{"tokenId": "t1"}},
		"a token that has expired":  {Made{TokenMade, "t1", "", HasExpired}, []string{"t1, which has expired since.", another}, map[string]string{"tokenId": "t1"}},
		"a token that is lost":      {Made{TokenMade, "t1", "", Lost}, []string{"t1, which is not there any more.", another}, map[string]string{"tokenId": "t1"}},
		"a token that was rotated":  {Made{TokenMade, "t1", "t2", StillThere}, []string{"t1, which was rotated since; its successor is t2. ", rotate}, map[string]string{"tokenId": "t1", "successorId": "t2"}},
		"a rotation":                {Made{TokenRotated, "t1", "", StillThere}, []string{"the new token is t1. ", rotate}, map[string]string{"tokenId": "t1"}},
		"a rotation that is gone":   {Made{TokenRotated, "t1", "", WasDeleted}, []string{"t1, which was deleted since. There is nothing left to rotate."}, map[string]string{"tokenId": "t1"}},
		"a filter":                  {Made{FilterMade, "f1", "", StillThere}, []string{"it made the IP filter f1. Nothing was changed now."}, map[string]string{"ipFilterId": "f1"}},
		"a filter that was deleted": {Made{FilterMade, "f1", "", WasDeleted}, []string{"f1, which was deleted since.", another}, map[string]string{"ipFilterId": "f1"}},
	} {
		err := test.made.Refusal()
		wantRefusal(t, err, fault.Conflict, test.words...)
		f, _ := errors.AsType[*fault.Error](err)
		test.reason["reason"] = "REPEATED"
		if diff := cmp.Diff(f.Extensions, test.reason); diff != "" {
			t.Errorf("%s: extensions (-got +want):\n%s", name, diff)
		}
		if test.made.Fate != StillThere && strings.Contains(f.Message, "rotateToken") {
			t.Errorf("%s: told to rotate what is gone: %s", name, f.Message)
		}
	}
}

func TestRepeat_AKeyOfAnotherRequestIsAConflict(t *testing.T) {
	err := KeyOfAnother(noon)
	wantRefusal(t, err, fault.Conflict, noon.String(), "with a key of its own")
	if f, _ := errors.AsType[*fault.Error](err); f.Extensions["reason"] != "KEY_REUSED" {
		t.Errorf("extensions are %v", f.Extensions)
	}
}

func TestRepeat_ADeedNeedsWhatItNeedsWithoutAKey(t *testing.T) {
	for deed, want := range map[Deed]permission.Permission{TokenMade: tokens, TokenRotated: tokens, FilterMade: cluster} {
		if got := deed.Needs(); !slices.Equal(got, []permission.Permission{want}) {
			t.Errorf("deed %d needs %v, want %s", deed, got, want)
		}
	}
}

func TestRepeat_TenThousandKeysAreKept(t *testing.T) {
	if err := RoomForKey(9_999); err != nil {
		t.Errorf("the ten thousandth key: %v", err)
	}
	wantRefusal(t, RoomForKey(10_000), fault.Unavailable, "10000 idempotency keys")
}
