package token

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// soaking says that there is time for all that can be tried.
func soaking() bool { return os.Getenv("SOAK") != "" }

// many returns n if there is time, and else a part of it.
func many(n int) int {
	switch {
	case soaking():
		return n
	case raceEnabled || testing.Short():
		return n / 100
	}
	return n / 10
}

// One letter typed wrong, two exchanged, or the other case: CRC-32 finds every
// change within 32 bits of each other, so none of them is taken for a guess.
func TestString_EveryMistakeOfOneLetterIsFoundByTheChecksumAlone(t *testing.T) {
	mistakes := 0
	for range many(10_000) {
		_, s := mint(t)
		text := []byte(s.Reveal())
		try := func(i int) {
			mistakes++
			if _, _, ok := Parse(string(text)); ok {
				t.Errorf("%s is accepted, with a mistake at %d, as %s", s.Reveal(), i, text)
			}
		}
		for i, right := range text {
			if right == '~' {
				continue
			}
			for _, c := range []byte(alphabet) {
				if text[i] = c; c != right {
					try(i)
				}
			}
			text[i] = right
			if next := i + 1; next < len(text) && text[next] != '~' && text[next] != right {
				text[i], text[next] = text[next], text[i]
				try(i)
				text[i], text[next] = text[next], text[i]
			}
		}
		if string(text) != s.Reveal() {
			t.Fatal("the test has spoilt its own token")
		}
	}
	t.Logf("%d mistakes, none accepted", mistakes)
}

// corpus returns so many bytes of what may surround a leaked token: code, logs,
// words and noise, in which no token stands, with tokens put in between.
func corpus(t *testing.T, size int) (text string, tokens []string) {
	t.Helper()
	dice := rand.New(rand.NewPCG(1, 2))
	behind := []string{`"`, `'`, " ", "\n", "=", ":", ",", "/", "(", ")", "\t", "@", "&", "<", ">", "-", ".", "|", "é", "\x00"}
	before := append([]string{"Bearer ", "?t=", "token="}, behind...)
	between := []string{
		"if err != nil {\n\treturn nil, err\n}\n", "2026-11-23T12:00:00Z INFO request method=POST status=200\n",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ", "localroot~short ", "~~~~~~~~ ", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo=",
		"0123456789abcdefghijABCDEFGHIJ01~tooshort ", "AKIAIOSFODNN7EXAMPLE ", "ghp_0123456789abcdefghijABCDEFGHIJ012345 ",
	}
	var b strings.Builder
	for b.Len() < size {
		for range 1 + dice.IntN(40) {
			b.WriteString(between[dice.IntN(len(between))])
		}
		_, s := mint(t)
		if dice.IntN(10) == 0 {
			var err error
			if s, err = MintFor(Root, chacha(dice)); err != nil {
				t.Fatal(err)
			}
		}
		b.WriteString(before[dice.IntN(len(before))] + s.Reveal() + behind[dice.IntN(len(behind))])
		tokens = append(tokens, s.Reveal())
	}
	return b.String(), tokens
}

func chacha(dice *rand.Rand) *rand.ChaCha8 {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(dice.Uint32())
	}
	return rand.NewChaCha8(seed)
}

// The expression of docs/security.md finds every leaked token, and nothing else.
func TestString_ScannersFindEveryLeakedToken(t *testing.T) {
	text, tokens := corpus(t, many(50<<20))
	found := shape.FindAllString(text, -1)
	if len(found) != len(tokens) {
		t.Fatalf("%d found, want %d", len(found), len(tokens))
	}
	for i, want := range tokens {
		if found[i] != want {
			t.Errorf("found %s, want %s", found[i], want)
		}
		if _, _, ok := Parse(found[i]); !ok {
			t.Errorf("%s is found, and is none", found[i])
		}
	}
	t.Logf("%d tokens in %d bytes", len(found), len(text))
}

func TestString_ScannersFindNothingInGosOwnSources(t *testing.T) {
	where, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("the go command is not at hand: ", err)
	}
	root := filepath.Join(strings.TrimSpace(string(where)), "src")
	switch {
	case soaking():
	case raceEnabled || testing.Short():
		root = filepath.Join(root, "strings")
	default:
		root = filepath.Join(root, "net")
	}
	files, size := 0, 0
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		if found := shape.Find(text); found != nil {
			t.Errorf("%s: %q looks like a token", name, found)
		}
		files, size = files+1, size+len(text)
		return err
	})
	if err != nil || files < 10 {
		t.Fatalf("%d files read, %v", files, err)
	}
	t.Logf("%d files, %d bytes", files, size)
}

// The page that people read tells them to search as this package is tested.
func TestString_TheDocumentedScannerIsTheTestedOne(t *testing.T) {
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "\n"+shape.String()+"\n") {
		t.Error("docs/security.md shows another expression")
	}
}
