package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// halves returns the secret halves of tokens, of root's among them.
func halves(t testing.TB, n int) (list, wholes []string) {
	t.Helper()
	for i := range n {
		_, s, err := Mint(rand.Reader)
		if i%10 == 0 {
			s, err = MintFor(Root, rand.Reader)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, half, _ := strings.Cut(s.Reveal(), "~")
		list, wholes = append(list, half), append(wholes, s.Reveal())
	}
	return list, wholes
}

// wrappings are what stands around a secret that was pasted.
var wrappings = []string{
	"%s", "allow %s", "# the key is %s.", "\"%s\"", "'%s'", "“%s”", "«%s»", "`%s`", "%s\n", "\r\n%s\r\n", "%%22%s%%22", "%%0A%s%%0A", "%%7E%s", "\\n%s\\n", "\\u007e%s",
	"Bearer %s", "token=%s&x=1", "x%sx", "abc123%sDEF456", "\u200b%s\u200b", "\ufeff%s", "\u00a0%s\u00a0", "{\"token\":\"%s\"}", "~%s", "<b>%s</b>", "日本%s語", "a %s b \xff",
}

func TestLeak_EveryHalfIsFoundInEveryWrapping(t *testing.T) {
	list, wholes := halves(t, 1000)
	for i, half := range list {
		for _, wrap := range wrappings {
			text := fmt.Sprintf(wrap, half)
			if FindLeak(text) != HalfLeak {
				t.Fatalf("%q: no half is found", text)
			}
			for name, got := range map[string]string{"Hide": Hide(text), "HideParts": HideParts(text, nil)} {
				if strings.Contains(got, half[:8]) || strings.Contains(got, half[36:]) || !strings.Contains(got, "(hidden)") {
					t.Fatalf("%s(%q) = %q", name, text, got)
				}
			}
			text = fmt.Sprintf(wrap, wholes[i])
			if got := FindLeak(text); got == NoLeak {
				t.Fatalf("%q: no token is found", text)
			}
			if got := Hide(text); strings.Contains(got, half[:8]) || !strings.Contains(got, wholes[i][:9]) {
				t.Fatalf("Hide(%q) = %q, want the id and nothing of the half", text, got)
			}
		}
		if got := FindLeak("my token " + wholes[i] + "!"); got != WholeLeak {
			t.Fatalf("%s is %v, want a whole leak", wholes[i], got)
		}
	}
}

func TestLeak_InvisibleCharactersInsideHideNothing(t *testing.T) {
	list, _ := halves(t, 100)
	for _, half := range list {
		for _, c := range []string{"\u200b", "\u00ad", "\ufeff", "\u2060", "\u202e"} {
			text := "x " + half[:20] + c + half[20:] + " y"
			if FindLeak(text) != HalfLeak || Hide(text) != "x (hidden) y" {
				t.Fatalf("%q: %v, %q", text, FindLeak(text), Hide(text))
			}
		}
	}
}

// What people write into names and comments is left alone.
func TestLeak_OrdinaryTextIsNone(t *testing.T) {
	sum := sha256.Sum256([]byte("x"))
	for _, text := range []string{
		"", "allow 10.0.0.0/8 # the office", "ci-runner-eu-west-1a", "Café \u200b au lait", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		hex.EncodeToString(sum[:]), strings.ToUpper(hex.EncodeToString(sum[:])), "0190b6f0-7e5c-7cc1-a5b0-3f9d3f0f2c11", strings.Repeat("a", 300), strings.Repeat("7", 300),
		"TheOperatorOfTheClusterThatNobodyKnowsAnyMoreWhoItWas", "0123456789ABCDEFGHIJKLMNOPQRSTUV", "arn:aws:iam::123456789012:role/DeploymentRoleOfTheProductionCluster2",
		url.QueryEscape(strings.Repeat("ä ", 100)), "UpdateSystemPermissionsTokenPermissions", strings.Repeat("abc-DEF_012 ", 30),
	} {
		if FindLeak(text) != NoLeak || Hide(text) != text {
			t.Errorf("%q: %v, %q", text, FindLeak(text), Hide(text))
		}
	}
}

// FindLeak says of other random words what its comment promises.
func TestLeak_OneInThirteenOfOtherWords(t *testing.T) {
	taken := 0
	for range 20_000 {
		word, err := letters(rand.Reader, tailLength)
		if err != nil {
			t.Fatal(err)
		}
		if FindLeak(word) != NoLeak {
			taken++
		}
	}
	if taken < 1200 || taken > 1850 { // 1512 are expected, give or take 37
		t.Errorf("%d of 20,000 random words are taken for halves", taken)
	}
}

func TestHideParts_TakesOutWhatIsCutOff(t *testing.T) {
	for text, want := range map[string]string{
		"allow aB3aB3aB3aB3aB3aB3aB":                 "allow (hidden)",
		"allow aB3aB3aB3aB3aB3aB3aBB":                "allow (hidden)",
		"allow abcabcabcabcabcabcabcabcabcabc":       "allow (hidden)",
		"allow abcabcabcabcabcabcabcabcabcab":        "allow abcabcabcabcabcabcabcabcabcab",
		"allow aB3aB3aB3aB3aB3aB3":                   "allow aB3aB3aB3aB3aB3aB3",
		`line 1: "spared0Spared0Spared0 x": no`:      `line 1: "spared0Spared0Spared0 x": no`,
		"a aB3aB3aB3aB3aB3aB3aB, aB3aB3aB3aB3aB3aB3": "a (hidden), aB3aB3aB3aB3aB3aB3",
	} {
		if got := HideParts(text, func(w string) bool { return w == "spared0Spared0Spared0" }); len(text) > 0 && got != want {
			t.Errorf("HideParts(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzHide(f *testing.F) {
	list, wholes := halves(f, 3)
	for i := range list {
		f.Add("x ", list[i], " y")
		f.Add(wholes[i][:33], list[i], "\xff\u200b")
	}
	f.Fuzz(func(t *testing.T, before, middle, after string) {
		_, s, err := Mint(strings.NewReader(strings.Repeat(middle+"seed0", 300)))
		if err != nil {
			t.Skip()
		}
		_, half, _ := strings.Cut(s.Reveal(), "~")
		text := before + half + after
		if got := Hide(text); FindLeak(text) == NoLeak && mayBeHalf(half) || FindLeak(got) != NoLeak || Hide(got) != got {
			t.Errorf("Hide(%q) = %q", text, got)
		}
		if other := before + middle + after; FindLeak(other) == NoLeak && Hide(other) != other {
			t.Errorf("%q holds nothing and becomes %q", other, Hide(other))
		}
	})
}
