package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"tokenscale/epoch"
)

// FuzzAuditLine writes an entry whose every text came from outside: it is one
// line and one object, each text is read back as it was, and no detail takes
// the place of what the server says itself.
func FuzzAuditLine(f *testing.F) {
	for _, text := range []string{"", "nurse", "\n{\"type\":\"forged\"}", "\r", "\x00", "\x1b[31m", "\u2028\u2029", "\u0085", `"`, `\`, `\u0022`, "</script>", "é\xff", "type", "actor", "id", "refused", "tokenId", "actionName", "\ufeff"} {
		f.Add(uint64(7), int64(1_700_000_000_123), text, text, "tokenName", text, false)
		f.Add(uint64(1<<64-1), int64(-1), "", "", text, "forged", true)
		f.Add(uint64(0), int64(0), "", "", text, "forged", false)
	}
	f.Fuzz(func(t *testing.T, seq uint64, at int64, who, refused, name, value string, list bool) {
		for _, text := range []*string{&who, &refused, &name, &value} {
			// What is kept is checked for that; see policy.Name.
			*text = strings.ToValidUTF8(*text, "?")
		}
		e := Entry{
			Seq: seq, Time: epoch.Millis(at), Type: TokenChanged, Action: "createSystemToken", Sensitive: true, Refused: refused,
			Actor: Actor{Type: ActorToken, TokenID: "t", TokenName: who, IP: who, RequestID: who}, TokenID: who, Fields: []Field{One(name, value)},
		}
		if list {
			e.Fields = []Field{Many(name, []string{value, who, ""})}
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsFunc(line, func(c rune) bool { return c < ' ' || c == '\u2028' || c == '\u2029' }) || !utf8.Valid(line) {
			t.Errorf("the line can be taken for two, or be read in two ways: %q", line)
		}
		holds(t, line, e)
	})
}

// holds wants that a line says what the entry says.
func holds(t *testing.T, line []byte, e Entry) {
	t.Helper()
	var fixed struct {
		ID                                json.Number
		Timestamp, Type, Refused, TokenID string
		ActionName                        string
		Sensitive                         bool
		Actor                             map[string]string
	}
	members := map[string]json.RawMessage{}
	read := json.NewDecoder(bytes.NewReader(line))
	if err := read.Decode(&members); err != nil || read.More() {
		t.Fatalf("%s is not one object: %v", line, err)
	}
	own := map[string]any{
		"id": &fixed.ID, "timestamp": &fixed.Timestamp, "type": &fixed.Type, "refused": &fixed.Refused, "tokenId": &fixed.TokenID,
		"actionName": &fixed.ActionName, "sensitive": &fixed.Sensitive, "actor": &fixed.Actor,
	}
	for name, into := range own {
		if raw, ok := members[name]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				t.Fatalf("%s: %s: %v", line, name, err)
			}
		}
	}
	if fixed.Type != string(e.Type) || fixed.ActionName != e.Action || !fixed.Sensitive || fixed.Timestamp != e.Time.String() || fixed.Actor["tokenId"] != "t" {
		t.Errorf("%s does not say who did what when", line)
	}
	if fixed.Actor["tokenName"] != e.Actor.TokenName || fixed.Refused != e.Refused || fixed.TokenID != e.TokenID {
		t.Errorf("%s says something else of %+v", line, e)
	}
	detail := e.Fields[0]
	if own[detail.Name] != nil {
		return
	}
	want, err := json.Marshal(detail.Value)
	if detail.List != nil {
		want, err = json.Marshal(detail.List)
	}
	if err != nil || !bytes.Equal(members[detail.Name], want) {
		t.Errorf("%s: %q is %s, want %s", line, detail.Name, members[detail.Name], want)
	}
}
