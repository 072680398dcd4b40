package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
)

// A search looks for the parts of many secrets at once: each eight letters of
// them, as they are, in hexadecimal, in UTF-16, and in base64 from whatever
// place on.
type search map[int]map[string]bool // by length

func (s search) add(part string) {
	if s[len(part)] == nil {
		s[len(part)] = map[string]bool{}
	}
	s[len(part)][part] = true
}

// forms returns the spellings of a text in which a leak may hide.
func forms(text string) []string {
	var wide []byte
	for _, c := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(c), byte(c>>8))
	}
	all := []string{text, hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text))), string(wide)}
	for skip := range 3 {
		all = append(all, base64.RawStdEncoding.EncodeToString([]byte(text[skip:len(text)-2])))
	}
	return all
}

// secret adds what must not be found of a token string: what follows its id.
func (s search) secret(token string) {
	_, secret, _ := strings.Cut(token, "~")
	for i, form := range forms(secret) {
		window := []int{8, 16, 16, 16, 12, 12, 12}[i]
		for at := 0; at+window <= len(form); at++ {
			s.add(form[at : at+window])
		}
	}
}

// in returns how many parts stand in a text, and one of them.
func (s search) in(text []byte) (n int, example string) {
	for length, parts := range s {
		for at := 0; at+length <= len(text); at++ {
			if parts[string(text[at:at+length])] {
				n++
				example = string(text[at : at+length])
			}
		}
	}
	return n, example
}

// Whatever the server writes, and whatever can be read of it from outside,
// holds nothing of a thousand secrets it has made and verified.
func TestNothingOfAThousandSecretsCanBeFound(t *testing.T) {
	folder := t.TempDir()
	logFile := filepath.Join(folder, "server.log")
	log, err := os.Create(logFile)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	out := &tail{file: log}
	program, err := exec.LookPath("tokenscale")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--listen", "127.0.0.1:0", "--data", filepath.Join(folder, "data"), "--key-file", filepath.Join(folder, "keys"),
		"--log-level", "debug", "--audit-file", filepath.Join(folder, "audit.jsonl"))
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	halt := func() {
		if !stopped {
			stopped = true
			cmd.Process.Signal(syscall.SIGTERM)
			if err := cmd.Wait(); err != nil {
				t.Errorf("the server stopped with %v", err)
			}
		}
	}
	defer halt()
	s := running{}
	for range 600 {
		if s.url = out.find(listening); s.url != "" {
			s.root = out.find(rootShown)
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	secrets := makeAndUse(t, s, 1000)
	exposed, err := s.query(`{ auditEvents(limit: 1000) { totalResults results { type tokenId refused fields { name value } actor { tokenName ip requestId } } } systemTokens(limit: 1000) { results { id name } } }`)
	if err != nil || !strings.Contains(exposed, "authentication.refused") {
		t.Fatalf("the audit log: %v, %.200s", err, exposed)
	}
	places := map[string][]byte{"the API": []byte(exposed), "what halves in the wrong place got for an answer": pasteHalves(t, s, secrets)}
	for _, name := range []string{"environ", "cmdline"} {
		places[name], err = os.ReadFile(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, name))
		if err != nil {
			t.Log(err) // not every system has it
		}
	}
	halt()
	collect(t, folder, places)

	parts := search{}
	for _, secret := range secrets {
		parts.secret(secret)
	}
	for place, text := range places {
		if n, example := parts.in(text); n != 0 {
			t.Errorf("%s holds %d parts of secrets, such as %q", place, n, example)
		}
	}
	// The root token was shown, and in the log of this start only.
	root := search{}
	root.secret(s.root)
	for place, text := range places {
		if n, _ := root.in(text); n != 0 != (place == "server.log") {
			t.Errorf("%s holds %d parts of the root token", place, n)
		}
	}
	// The search itself must be able to find each form of a leak.
	_, leaked, _ := strings.Cut(secrets[500], "~")
	for i, form := range forms(leaked) {
		planted := append(bytes.Clone(places["server.log"]), "…"+form[:24]+"…"...)
		if n, _ := parts.in(planted); n == 0 {
			t.Errorf("the search does not find a secret that was planted in form %d", i)
		}
	}
	if n, _ := parts.in([]byte("x" + leaked[20:28] + "x")); n == 0 {
		t.Error("the search does not find eight letters of a secret")
	}
}

// clientFrom returns a client with the address 127.0.0.n.
func clientFrom(n int) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(n))}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
}

// collect reads every file in a folder.
func collect(t *testing.T, folder string, places map[string][]byte) {
	t.Helper()
	if err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		places[filepath.Base(path)], err = os.ReadFile(path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, must := range []string{"server.log", "audit.jsonl", "store.db"} {
		if len(places[must]) == 0 {
			t.Fatalf("%s is not among what is searched", must)
		}
	}
}

// makeAndUse makes tokens, uses each, and presents each wrongly too.
func makeAndUse(t *testing.T, s running, n int) []string {
	t.Helper()
	var secrets []string
	for len(secrets) < n {
		var b strings.Builder
		for i := range 5 {
			fmt.Fprintf(&b, `m%d: createSystemToken(input: {name: "n%d", permissions: []}) { token } `, i, i)
		}
		text, err := s.query("mutation { " + b.String() + "}")
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Data map[string]struct{ Token string }
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Data) != 5 {
			t.Fatalf("%v: %s", err, text)
		}
		for _, made := range answer.Data {
			secrets = append(secrets, made.Token)
		}
	}
	client := clientFrom(2)
	defer func() { client.CloseIdleConnections() }()
	for i, secret := range secrets {
		if i%136 == 135 { // after 101 refusals: an answer or two were held back
			client.CloseIdleConnections()
			client = clientFrom(3 + i/136)
		}
		status, headers := 401, "Bearer "+secret[:len(secret)-1]
		switch i % 4 {
		case 0:
			status, headers = 200, "Bearer "+secret
		case 1:
			status, headers = 401, secret
		}
		req, err := http.NewRequest("POST", s.url+"/graphql?id="+secret[33:], strings.NewReader(`{"query":"{viewer{username}}","operationName":null}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", headers)
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != status && res.StatusCode != 429 {
			t.Fatalf("got %d, want %d", res.StatusCode, status)
		}
	}
	return secrets
}

// pasteHalves puts the secret half of each token where none belongs, in every
// wrapping a paste may have, and returns all the answers.
func pasteHalves(t *testing.T, s running, secrets []string) []byte {
	t.Helper()
	places := []string{
		`{ testIPFilter(ipFilter: %s, address: "::1") { allowed } }`, `{ testIPFilter(ipFilter: "allow all", address: %s) { allowed } }`,
		`mutation { createIPFilter(input: {name: "f", ipFilter: %s}) { id } }`, `mutation { createIPFilter(input: {name: %s, ipFilter: "allow all"}) { id } }`,
		`mutation { updateIPFilter(input: {id: %s, ipFilter: "allow all"}) { id } }`, `mutation { deleteIPFilter(input: {id: %s}) }`,
		`mutation { createSystemToken(input: {name: %s, permissions: []}) { token } }`, `mutation { createSystemToken(input: {name: "n", permissions: [], ipFilterId: %s}) { token } }`,
		`mutation { createSystemToken(input: {name: "n", permissions: [%s]}) { token } }`, `mutation { createSystemToken(input: {name: "n", permissions: [], expireAt: %s}) { token } }`,
		`mutation { deleteToken(input: {id: %s}) }`, `mutation { rotateToken(input: {id: %s}) }`, `{ token(tokenId: %s) { id } }`,
		`{ systemTokens(searchFilter: %s) { totalResults } }`, `{ auditEvents(actorFilter: %s, tokenIdFilter: %[1]s, typeFilter: [%[1]s]) { totalResults } }`,
		`{ auditEvents(since: %s) { totalResults } }`, `{ %s }`, `mutation { updateTokenSecurityPolicies(input: {systemPermissionTokensEnabled: true, systemPermissionTokensEnforceIpFilterId: %s}) { id } }`,
	}
	wrappings := []string{"%s", "allow %s", "# %s", "'%s'", "%%22%s%%0A", "\u200b%s", "allow 10.0.0.1\n%s\n", "Bearer %s"}
	var answers bytes.Buffer
	for i, secret := range secrets {
		pasted, err := json.Marshal(fmt.Sprintf(wrappings[i/len(places)%len(wrappings)], secret[33:]))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.query(fmt.Sprintf(places[i%len(places)], pasted))
		if err != nil || !strings.Contains(answer, "{") {
			t.Fatalf("%v: %s", err, answer)
		}
		answers.WriteString(answer)
	}
	if n := strings.Count(answers.String(), "secret half of a token"); n < len(secrets)/10 {
		t.Errorf("%d of %d halves were told to be one", n, len(secrets))
	}
	return answers.Bytes()
}

// query asks as root.
func (s running) query(query string) (string, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest("POST", s.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.root)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	return b.String(), err
}
