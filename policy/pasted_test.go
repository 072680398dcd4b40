package policy

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"tokenscale/fault"
	"tokenscale/token"
)

// secretsIn returns texts that hold a token string or its half, and what the refusal
// calls it.
func secretsIn(t *testing.T) map[string]string {
	t.Helper()
	_, s, err := token.Mint(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	whole := s.Reveal()
	half := whole[33:]
	return map[string]string{
		whole: "a whole token string", "key " + whole + ".": "a whole token string",
		half: "the secret half of a token", "'" + half + "'": "the secret half of a token", "key=" + half + ";": "the secret half of a token",
		"%22" + half + "%22": "the secret half of a token", half[:30] + "\u200b" + half[30:]: "the secret half of a token",
	}
}

func TestTextThatHoldsASecretIsRefusedAndNotRepeated(t *testing.T) {
	for text, words := range secretsIn(t) {
		_, badName := Name("name", text)
		_, badNote := Note("note", text)
		_, badText := FilterText("ipFilter", "allow 10.0.0.0/8 # "+text)
		_, badRule := FilterText("ipFilter", "allow 10.0.0.0/8\nallow "+text)
		_, badVerb := FilterText("ipFilter", text+" all")
		_, _, badTrial := FilterTrial("allow "+text, text)
		for what, err := range map[string]error{"a name": badName, "a note": badNote, "a comment": badText, "a rule": badRule, "a verb": badVerb, "a trial": badTrial} {
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != fault.Invalid || !strings.Contains(fmt.Sprint(f.State), words) || !strings.Contains(fmt.Sprint(f.State), "leaked") {
				t.Errorf("%s with %q: %v; want it refused as %s", what, text, err, words)
			}
			if strings.Contains(fmt.Sprint(err), text[5:25]) {
				t.Errorf("%s with %q is repeated: %v", what, text, err)
			}
		}
	}
}

// A comment may name a checksum or a change; and a word that cannot be a whole
// secret, but may be a part of one, is not repeated.
func TestTextThatHoldsNoSecretIsTaken(t *testing.T) {
	for _, text := range []string{
		"# sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "# change 0190b6f0-7e5c-7cc1-a5b0-3f9d3f0f2c11", "# id 0123456789ABCDEFGHIJKLMNOPQRSTUV",
	} {
		if _, err := FilterText("ipFilter", text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := FilterText("ipFilter", "allow 10.0.0.0/8\nallow aB3aB3aB3aB3aB3aB3aB3\nalow 10.1.2.3")
	for _, words := range []string{`line 2: "allow (hidden)"`, `line 3: "alow 10.1.2.3"`} {
		if !strings.Contains(fmt.Sprint(err), words) {
			t.Errorf("%v: want %s in it", err, words)
		}
	}
}
