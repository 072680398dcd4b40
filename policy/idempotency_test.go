package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

func TestRepeated_TheAnswerSaysWhatWasMadeAndWhatToDo(t *testing.T) {
	const (
		shown   = "string was shown once"
		rotate  = "rotateToken with this id gives a new string"
		another = "send another Idempotency-Key"
		nothing = "There is nothing left to rotate."
	)
	live, ended := token.Token{ID: "t1", CreatedAt: 1}, token.Token{ID: "t1", CreatedAt: 1, ExpireAt: noon}
	for name, test := range map[string]struct {
		err  error
		id   string
		want []string
	}{
		"a token":                 {RepeatedToken(TokenCreation, live, noon), "tokenId", []string{"its token is t1. ", shown, rotate}},
		"an expired token":        {RepeatedToken(TokenCreation, ended, noon), "tokenId", []string{"t1, which has expired since.", another}},
		"a rotation":              {RepeatedToken(TokenRotation, live, noon), "tokenId", []string{"the new token is t1. ", shown, rotate}},
		"a rotation, expired now": {RepeatedToken(TokenRotation, ended, noon), "tokenId", []string{"t1, which has expired since.", nothing}},
		"a filter":                {RepeatedFilter("t1"), "ipFilterId", []string{"it made the IP filter t1. Nothing was changed now."}},
	} {
		wantRefusal(t, test.err, fault.Conflict, test.want...)
		f, _ := errors.AsType[*fault.Error](test.err)
		if diff := cmp.Diff(f.Extensions, map[string]string{"reason": "REPEATED", test.id: "t1"}); diff != "" {
			t.Errorf("%s: extensions (-got +want):\n%s", name, diff)
		}
		if !slices.Contains(test.want, rotate) && strings.Contains(f.Message, "rotateToken") {
			t.Errorf("%s: told to rotate what is gone: %s", name, f.Message)
		}
	}
}

func TestRepeated_AKeyOfAnotherRequestIsAConflict(t *testing.T) {
	err := KeyOfAnother()
	wantRefusal(t, err, fault.Conflict, "with a key of its own")
	if f, _ := errors.AsType[*fault.Error](err); f.Extensions["reason"] != "KEY_REUSED" {
		t.Errorf("extensions are %v", f.Extensions)
	}
}

func TestRepeated_ARequestNeedsWhatItNeedsWithoutAKey(t *testing.T) {
	for kind, want := range map[RequestKind]permission.Permission{TokenCreation: tokens, TokenRotation: tokens, FilterCreation: cluster} {
		if got := kind.Needs(); !slices.Equal(got, []permission.Permission{want}) {
			t.Errorf("kind %d needs %v, want %s", kind, got, want)
		}
	}
}
