package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// A digest that came out otherwise would make every token of a store useless.
func TestAtRest_TheDigestIsHMACSHA256OfTheWholeString(t *testing.T) {
	_, s := mint(t)
	key := []byte("key")
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.Reveal()))
	if got := NewDigester(key).Digest(s); string(got[:]) != string(mac.Sum(nil)) {
		t.Errorf("Digest = %x, want %x", got, mac.Sum(nil))
	}
	plain := sha256.Sum256([]byte(s.Reveal()))
	if got, want := s.Hash().String(), "sha256:"+hex.EncodeToString(plain[:]); got != want {
		t.Errorf("Hash = %s, want %s", got, want)
	}
	mac.Reset()
	mac.Write(plain[:])
	if got := NewDigester(key).DigestHash(s.Hash()); string(got[:]) != string(mac.Sum(nil)) {
		t.Errorf("DigestHash = %x, want %x", got, mac.Sum(nil))
	}
}

func TestAtRest_DigestsThatDifferInOneBitAreNotEqual(t *testing.T) {
	_, s := mint(t)
	d := NewDigester([]byte("key")).Digest(s)
	for bit := range 8 * len(d) {
		e := d
		e[bit/8] ^= 1 << (bit % 8)
		if d.Equal(e) || e.Equal(d) {
			t.Errorf("bit %d makes no difference", bit)
		}
		if d.Mark() == e.Mark() {
			t.Errorf("bit %d makes no other mark", bit)
		}
	}
	if e := d; !d.Equal(e) || d.Mark() != e.Mark() {
		t.Error("a digest does not equal itself")
	}
}

// A session cookie holds the mark: another one ends all sessions.
func TestAMarkIsAsItHasAlwaysBeen(t *testing.T) {
	d := Digest{1, 2, 3}
	want := sha256.Sum256(append([]byte("mark:"), d[:]...))
	if got := d.Mark(); string(got[:]) != string(want[:8]) {
		t.Errorf("Mark = %x, want %x", got, want[:8])
	}
}

func TestTheHashOfARootTokenIsNotReadInCapitalDigits(t *testing.T) {
	text := Hash{0xab}.String()
	if _, err := ParseHash(text); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"sha256:" + strings.ToUpper(text[7:]), "SHA256:" + text[7:], text + "00", text[:len(text)-2], "sha512:" + text[7:]} {
		h, err := ParseHash(wrong)
		if err == nil || h != (Hash{}) || !strings.Contains(err.Error(), "tokenscale hash-token") {
			t.Errorf("ParseHash(%q) = %v, %v", wrong, h, err)
		}
	}
}

func TestASecretSaysThatItIsHidden(t *testing.T) {
	_, s := mint(t)
	const want = "token(hidden)"
	text, err := s.MarshalText()
	for way, got := range map[string]string{
		"String": s.String(), "GoString": s.GoString(), "Sprint": fmt.Sprint(s), "%#v": fmt.Sprintf("%#v", s), "%x": fmt.Sprintf("%x", s),
		"MarshalText": string(text), "LogValue": s.LogValue().String(),
	} {
		if got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", way, got, err, want)
		}
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s)
	b, err := json.Marshal(s)
	if err != nil || string(b) != `"`+want+`"` || !strings.Contains(log.String(), "s="+want) {
		t.Errorf("got %s, %v, and in the log %s", b, err, &log)
	}
}

// What a Digester keeps for the next caller holds nothing of the last string.
func TestADigesterForgetsTheString(t *testing.T) {
	_, s := mint(t)
	d := NewDigester([]byte("key"))
	d.Digest(s)
	if st := d.states.Get().(*state); st.in != [MaxLength]byte{} {
		t.Error("the string is still there")
	}
}

func TestTheIDOfAKeyHasOneSpelling(t *testing.T) {
	for id, text := range map[KeyID]string{0: "00000000", 0xab: "000000ab", 0xdeadbeef: "deadbeef", 1<<32 - 1: "ffffffff"} {
		if got := id.String(); got != text {
			t.Errorf("%d is written %q, want %q", id, got, text)
		}
		if got, err := ParseKeyID(text); got != id || err != nil {
			t.Errorf("ParseKeyID(%q) = %d, %v; want %d", text, got, err, id)
		}
	}
	for _, wrong := range []string{"", "0", "ab", "000000AB", "0x0000ab", "0000000g", "100000000", "1ffffffff", " 00000ab", "+00000ab", "0000_0ab"} {
		if id, err := ParseKeyID(wrong); err == nil || id != 0 {
			t.Errorf("ParseKeyID(%q) = %d, %v; want it refused", wrong, id, err)
		}
	}
}
