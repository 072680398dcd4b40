package token_test

import (
	"bytes"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"tokenscale/token"
)

// mint makes tokens that are the same each time.
func mint(tb testing.TB, seed byte) string {
	_, s, err := token.Mint(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		tb.Fatal(err)
	}
	return s.Reveal()
}

// scanner returns the expression of the rule for secret scanners.
func scanner(t *testing.T) *regexp.Regexp {
	text, err := os.ReadFile("../docs/gitleaks.toml")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^regex = '''(.*)'''$`).FindSubmatch(text)
	if m == nil {
		t.Fatal("docs/gitleaks.toml has no expression")
	}
	return regexp.MustCompile(string(m[1])) // gitleaks is written in Go, too
}

func TestScanners_TheRuleFindsATokenWhereverItStands(t *testing.T) {
	rule := scanner(t)
	root, err := token.MintFor(token.Root, rand.NewChaCha8([32]byte{9}))
	if err != nil {
		t.Fatal(err)
	}
	for i, secret := range []string{mint(t, 1), mint(t, 2), mint(t, 3), mint(t, 4), root.Reveal()} {
		for name, text := range map[string]string{
			"a sentence":          "Use " + secret + ", please.",
			"a line of its own":   secret,
			"JSON":                `{"token":"` + secret + `","x":1}`,
			"JSON in JSON":        `{"line":"first\n` + secret + `\nlast"}`,
			"JSON without a ~":    `{"token":"` + strings.Replace(secret, "~", `\u007e`, 1) + `"}`,
			"YAML":                "token: " + secret + " # of the nurse\n",
			"a Secret of YAML":    "stringData:\n  token: '" + secret + "'\n",
			"a URL":               "https://:" + secret + "@host/graphql",
			"a URL, escaped":      "https://host/?token=" + strings.ReplaceAll(url.QueryEscape(secret), "~", "%7E") + "&x=1",
			"Go":                  "const secret = \"" + secret + "\"\n",
			"an environment file": "export TOKENSCALE_TOKEN=" + secret + "\n",
			"curl":                `curl -H "Authorization: Bearer ` + secret + `" host`,
			"a name behind it":    secret + "_old",
		} {
			found := rule.FindAllStringSubmatch(text, -1)
			if len(found) != 1 {
				t.Fatalf("token %d in %s is found %d times in %q", i, name, len(found), text)
			}
			plain := strings.NewReplacer("%7E", "~", `\u007e`, "~").Replace(found[0][1])
			if plain != secret {
				t.Errorf("token %d in %s is found as %q", i, name, plain)
			}
		}
	}
}

func TestScanners_TheRuleLeavesAloneWhatIsNoToken(t *testing.T) {
	rule := scanner(t)
	secret := mint(t, 1)
	for _, text := range []string{
		"", secret[:32], secret[33:], secret[:76], secret[1:], secret + "x", strings.Replace(secret, "~", "-", 1),
		strings.Replace(secret, "~", "~~", 1), secret[:40] + "-" + secret[41:], "localhost~" + secret[33:], "git show HEAD~44",
	} {
		if found := rule.FindString(text); found != "" {
			t.Errorf("%q is taken for a token in %q", found, text)
		}
	}
}

// checksumScript is what docs/security.md has for scanners.
func checksumScript(t *testing.T) string {
	text, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(text)
	if m == nil {
		t.Fatal("docs/security.md has no script")
	}
	return string(m[1])
}

func TestScanners_TheScriptOfTheDocumentsTellsTokensFromOtherStrings(t *testing.T) {
	script := checksumScript(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing: the script of docs/security.md is not tried")
	}
	good := mint(t, 7)
	for text, want := range map[string]string{good: "True", mint(t, 8): "True", good[:76] + "~": "False", strings.ToUpper(good): "False", swapped(good): "False"} {
		out, err := exec.Command(python, "-c", script+"\nimport sys\nprint(is_token(sys.argv[1]))", text).CombinedOutput()
		if got := string(bytes.TrimSpace(out)); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %s", text, got, err, want)
		}
		if _, _, ok := token.Parse(text); ok != (want == "True") {
			t.Errorf("%q: Parse says %v", text, ok)
		}
	}
}

// swapped returns a string with two letters in each other's place.
func swapped(s string) string {
	b := []byte(s)
	for i := 40; ; i++ {
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			return string(b)
		}
	}
}
