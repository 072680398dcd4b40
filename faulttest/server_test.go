package faulttest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tokenscale/token"
)

// A place is where a server lives: its data may lie on a disk that breaks, its
// keys lie elsewhere.
type place struct {
	data, keys string
	root       string   // the root token
	hash       string   // of it
	flags      []string // of the server
	wrap       []string // a command to run it under, such as strace
	program    string   // another build of it, if not empty
}

// newPlace returns a place with its data in folder, or in one of the test if
// that is empty.
func newPlace(t *testing.T, folder string) *place {
	t.Helper()
	if folder == "" {
		folder = filepath.Join(t.TempDir(), "data")
	}
	secret, err := token.MintFor(token.Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &place{data: folder, keys: filepath.Join(t.TempDir(), "keys"), root: secret.Reveal(), hash: secret.Hash().String()}
}

// command returns the program with its environment, not yet started.
func (p *place) command(args ...string) *exec.Cmd {
	line := append(append([]string{}, p.wrap...), cmp.Or(p.program, program))
	line = append(line, args...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "BOOTSTRAP_ROOT_TOKEN_HASHED="+p.hash, "TOKENSCALE_DATA="+p.data, "TOKENSCALE_KEY_FILE="+p.keys)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs one of the other commands and returns what it printed and its code.
func (p *place) run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	b, err := p.command(args...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(b), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b), 0
}

// A server is one that runs.
type server struct {
	cmd   *exec.Cmd
	url   string
	out   *output
	ended chan struct{}
	err   error // how it ended
}

// output keeps what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var listening = regexp.MustCompile(`(?m)^ *API +(http\S+)/graphql$`)

// launch starts a server and does not wait for it.
func (p *place) launch(t *testing.T) *server {
	t.Helper()
	cmd := p.command(append([]string{"--listen", "127.0.0.1:0"}, p.flags...)...)
	s := &server{cmd: cmd, out: &output{}, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = s.out, s.out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.err = cmd.Wait(); close(s.ended) }()
	t.Cleanup(s.kill)
	return s
}

// start starts a server and waits until it listens.
func (p *place) start(t *testing.T) *server {
	t.Helper()
	s := p.launch(t)
	if !s.listens(30 * time.Second) {
		t.Fatalf("the server does not start: %v\n%s", s.err, s.out)
	}
	return s
}

// listens waits until the server listens; it returns false if it ended
// instead, or took too long.
func (s *server) listens(within time.Duration) bool {
	for until := time.Now().Add(within); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		if m := listening.FindStringSubmatch(s.out.String()); m != nil {
			s.url = m[1]
			return true
		}
		select {
		case <-s.ended:
			return false
		default:
		}
	}
	return false
}

// kill ends the server as a crash does, and waits.
func (s *server) kill() {
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // it may be gone already
	<-s.ended
}

// stop asks the server to stop and returns its code.
func (s *server) stop(t *testing.T) int {
	t.Helper()
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM) // it may be gone already
	return s.code(t, 25*time.Second)
}

// code waits for the end of the server and returns its code.
func (s *server) code(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("the server did not end within %v:\n%s", within, s.out)
		return -1
	}
}

// An api calls a server as one of its clients.
type api struct {
	url, root string
	client    *http.Client
}

func (p *place) api(s *server) *api {
	c := &http.Client{Timeout: 20 * time.Second}
	// The certificate was made by the test; checking it is of no interest here.
	if strings.HasPrefix(s.url, "https:") {
		c.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	}
	return &api{s.url, p.root, c}
}

// refusal is an answer that is an error in the manner of GraphQL.
type refusal struct {
	Message    string
	Extensions struct{ Code string }
}

func (r *refusal) Error() string { return r.Extensions.Code + ": " + r.Message }

// do sends a mutation as root and returns the value of its one field.
func (a *api) do(query string) (string, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, a.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+a.root)
	req.Header.Set("Content-Type", "application/json")
	res, err := a.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []*refusal
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	if len(answer.Errors) > 0 {
		return "", answer.Errors[0]
	}
	for _, v := range answer.Data {
		return strings.Trim(string(v), `"`), nil
	}
	return "", fmt.Errorf("no answer: %s", text)
}

func (a *api) create(name string) (string, error) {
	return a.do(fmt.Sprintf(`mutation { createSystemPermissionsToken(input: {name: %q, permissions: [ReadHealthCheck]}) }`, name))
}

func (a *api) delete(id string) error {
	_, err := a.do(fmt.Sprintf(`mutation { deleteToken(input: {id: %q}) }`, id))
	return err
}

func (a *api) rotate(id string) (string, error) {
	return a.do(fmt.Sprintf(`mutation { rotateToken(input: {id: %q}) }`, id))
}

func (a *api) grant(id string, wide bool) error {
	list := "ReadHealthCheck"
	if wide {
		list += ", ManageCluster"
	}
	_, err := a.do(fmt.Sprintf(`mutation { updateSystemPermissionsTokenPermissions(input: {id: %q, permissions: [%s]}) }`, id, list))
	return err
}

// policy sets the security policies: system tokens may be changed, and the
// maximum of personal ones says which change it was.
func (a *api) policy(n int64) error {
	_, err := a.do(fmt.Sprintf(`mutation { updateTokenSecurityPolicies(input: {
		personalUserTokensEnabled: true, personalUserTokensEnforceExpirationAfterMs: %d,
		viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: true,
		organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: true,
		systemPermissionTokensEnabled: true, systemPermissionTokensAllowPermissionUpdates: true}) { id } }`, policyBase+n))
	return err
}

const policyBase = 86_400_000

// get returns the code and the text of an answer, with the token.
func (a *api) get(path, secret string) (int, string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, a.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// status returns the code of an answer to GET, with the token.
func (a *api) status(path, secret string) (int, error) {
	code, _, err := a.get(path, secret)
	return code, err
}

// accepts reports whether the server accepts the token.
func (a *api) accepts(t *testing.T, secret string) bool {
	t.Helper()
	code, err := a.status("/api/v1/authorize", secret)
	if err != nil {
		t.Fatal(err)
	}
	return code == http.StatusOK
}

func id(secret string) string {
	id, _, _ := strings.Cut(secret, "~")
	return id
}
