package token

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tokenscale/epoch"
)

func mint(t testing.TB) (ID, Secret) {
	t.Helper()
	id, s, err := Mint(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id, s
}

func TestString_32LettersTilde44Letters(t *testing.T) {
	id, s := mint(t)
	before, after, _ := strings.Cut(s.Reveal(), "~")
	if before != string(id) || len(before) != 32 || len(after) != 44 || !plain(before+after) {
		t.Errorf("token string has the parts %d and %d, id match %v", len(before), len(after), before == string(id))
	}
}

func TestAMintedStringParsesBackToItsID(t *testing.T) {
	for range 1000 {
		id, s := mint(t)
		got, back, ok := Parse(s.Reveal())
		if !ok || got != id || back != s {
			t.Fatalf("Parse = %q, %v, want %q", got, ok, id)
		}
	}
}

func TestTheRootStringParses(t *testing.T) {
	s, err := MintFor(Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if id, _, ok := Parse(s.Reveal()); !ok || id != Root {
		t.Errorf("Parse = %q, %v", id, ok)
	}
}

func TestString_AMistypedOrCutStringIsRefusedByItsChecksum(t *testing.T) {
	_, s := mint(t)
	text := s.Reveal()
	check := func(wrong string) {
		t.Helper()
		if wrong == text {
			return
		}
		if _, _, ok := Parse(wrong); ok {
			t.Errorf("a wrong string was accepted")
		}
	}
	for i := range len(text) {
		check(text[:i])
		for _, c := range alphabet + "~" {
			check(text[:i] + string(c) + text[i+1:])
		}
		if i > 0 {
			// Two letters exchanged.
			check(text[:i-1] + string(text[i]) + string(text[i-1]) + text[i+1:])
		}
	}
}

func TestString_NothingIsTrimmedOrGuessed(t *testing.T) {
	_, s := mint(t)
	text := s.Reveal()
	for name, wrong := range map[string]string{
		"a space before": " " + text, "a space behind": text + " ", "a line end": text + "\n", "quotes": `"` + text + `"`,
		"a NUL": text + "\x00", "nothing": "", "only a tilde": "~", "two tildes": strings.Replace(text, "~", "~~", 1),
		"no tilde": strings.Replace(text, "~", "x", 1), "full-width digit": "０" + text[3:], "a dash": "-" + text[1:],
		"another root": "otherroot" + text[idLength:], "lower case": strings.ToLower(text),
	} {
		if _, _, ok := Parse(wrong); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEveryLetterIsEquallyLikely(t *testing.T) {
	seen := map[byte]int{}
	const rounds = 4000
	for range rounds {
		_, s := mint(t)
		text := s.Reveal()
		for i := range len(text) - checkLength {
			seen[text[i]]++
		}
	}
	delete(seen, '~')
	want := float64(rounds*(idLength+tailLength-checkLength)) / float64(len(alphabet))
	// Chi-squared with 61 degrees of freedom; beyond 130 by chance once in a million runs.
	var chi float64
	for i := range len(alphabet) {
		d := float64(seen[alphabet[i]]) - want
		chi += d * d / want
	}
	if chi > 130 {
		t.Errorf("chi-squared = %.1f: the letters are not uniform", chi)
	}
}

func TestASecretHidesFromEveryWayOfPrinting(t *testing.T) {
	_, s := mint(t)
	type holder struct{ S Secret }
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "h", holder{s})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "h", holder{s})
	js, err := json.Marshal(map[string]any{"s": s, "h": holder{s}})
	if err != nil {
		t.Fatal(err)
	}
	out := log.String() + string(js)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, holder{s}) + fmt.Sprintf(verb, &holder{s})
	}
	for _, part := range []string{s.Reveal(), s.Reveal()[idLength:], fmt.Sprintf("%x", s.Reveal())} {
		if strings.Contains(out, part) {
			t.Errorf("the secret shows in: %s", out)
		}
	}
}

func TestAtRest_OnlyAKeyedDigest(t *testing.T) {
	_, s := mint(t)
	one, other := NewDigester([]byte("key one")), NewDigester([]byte("key two"))
	if !one.Digest(s).Equal(one.Digest(s)) {
		t.Error("the same secret has two digests under one key")
	}
	if one.Digest(s).Equal(other.Digest(s)) {
		t.Error("two keys make the same digest")
	}
	if _, s2 := mint(t); one.Digest(s).Equal(one.Digest(s2)) {
		t.Error("two secrets have the same digest")
	}
}

func TestTheHashOfARootTokenHasOneSpelling(t *testing.T) {
	s, err := MintFor(Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := s.Hash().String()
	if h, err := ParseHash(text); err != nil || h != s.Hash() {
		t.Errorf("ParseHash(%q) = %v, %v", text, h, err)
	}
	for _, wrong := range []string{"", "sha256:", text[1:], text + "0", " " + text, strings.ToUpper(text), strings.TrimPrefix(text, "sha256:"), "sha256:" + strings.Repeat("g", 64)} {
		if _, err := ParseHash(wrong); err == nil {
			t.Errorf("ParseHash(%q) was accepted", wrong)
		}
	}
}

func TestTimes_ValidExactlyWhileNowIsBeforeTheExpiry(t *testing.T) {
	token := Token{ExpireAt: 1000}
	for now, want := range map[epoch.Millis]bool{999: false, 1000: true, 1001: true} {
		if got := token.Expired(now); got != want {
			t.Errorf("at %d: Expired = %v, want %v", now, got, want)
		}
	}
	if (Token{}).Expired(epoch.End) {
		t.Error("a token without an expiry expired")
	}
}

func TestOutlives(t *testing.T) {
	tests := []struct {
		name          string
		expire, limit epoch.Millis
		want          bool
	}{
		{"an endless token outlives any limit", 0, 1000, true},
		{"a later one outlives it", 1001, 1000, true},
		{"one that ends with it does not", 1000, 1000, false},
		{"nothing outlives an endless one", 0, 0, false},
	}
	for _, test := range tests {
		if got := (Token{ExpireAt: test.expire}).Outlives(test.limit); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

func TestParsingAndDigestingAllocateNothing(t *testing.T) {
	_, s := mint(t)
	text, d := s.Reveal(), NewDigester([]byte("key"))
	d.Digest(s)
	if n := testing.AllocsPerRun(1000, func() {
		_, secret, _ := Parse(text)
		d.Digest(secret)
	}); n >= 1 && !raceEnabled {
		t.Errorf("allocations = %v, want 0", n)
	}
}

func BenchmarkSplit(b *testing.B) {
	_, s := mint(b)
	text := s.Reveal()
	for b.Loop() {
		Split(text)
	}
}

func BenchmarkParse(b *testing.B) {
	_, s := mint(b)
	text := s.Reveal()
	for b.Loop() {
		Parse(text)
	}
}

func BenchmarkParseAndDigest(b *testing.B) {
	_, s := mint(b)
	text, d := s.Reveal(), NewDigester([]byte("key"))
	b.ReportAllocs()
	for b.Loop() {
		_, secret, _ := Parse(text)
		d.Digest(secret)
	}
}
