package audit

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnEntryIsOneFlatObject(t *testing.T) {
	e := Entry{
		Seq: 7, Time: 1_700_000_000_123, Type: TokenChanged, Action: "createSystemToken", Sensitive: true,
		Actor:   Actor{Type: ActorRoot, TokenID: "localroot", IP: "127.0.0.1", RequestID: "r1"},
		TokenID: "abc",
		Fields:  []Field{One("tokenName", "nurse\n\x1b[31m\u2028"), Many("newPermissions", nil)},
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": 7.0, "timestamp": "2023-11-14T22:13:20.123Z", "type": "hashedtokens.change", "actionName": "createSystemToken",
		"sensitive": true, "tokenId": "abc", "tokenName": "nurse\n\x1b[31m\u2028", "newPermissions": []any{},
		"actor": map[string]any{"type": "root", "tokenId": "localroot", "ip": "127.0.0.1", "requestId": "r1"},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("entry (-got +want):\n%s", diff)
	}
	for _, c := range b {
		if c < ' ' {
			t.Errorf("a control character stands in the line: %q", b)
		}
	}
}

func TestADetailCannotTakeThePlaceOfAFixedMember(t *testing.T) {
	b, err := json.Marshal(Entry{Type: Refused, Fields: []Field{One("type", "forged"), One("actor", "forged"), One("id", "forged")}})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got["type"] != string(Refused) || got["actor"] == "forged" || got["id"] == "forged" {
		t.Errorf("entry = %s", b)
	}
}
