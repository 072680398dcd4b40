package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
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

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"tokenscale": main, "ask": ask})
}

// tidy fails a run that leaves goroutines behind.
type tidy struct{ testscript.TestingM }

func (t tidy) Run() int {
	code := t.TestingM.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// TestScripts runs the stories in testdata/script: the program as users meet
// it, with a folder, a port and signals. Beside what testscript knows, they
// say:
//
//	start [flag...]           start the server on a free port and wait until it
//	                          listens; sets URL, and ROOT if a root token is shown.
//	                          What it writes goes to server.log
//	halt [-kill|-twice]       ask the server to stop (SIGTERM), or kill it, or ask
//	                          twice, and wait
//	hold                      begin a request and never end it
//	exec ask TOKEN METHOD PATH [BODY]
//	                          send a request; prints the status, the headers and the
//	                          body. TOKEN is - for none
//	capture NAME REGEXP FILE  set NAME to what the group in REGEXP matches in FILE
//	nowhere TEXT              no file here holds TEXT, or the half after its ~, as it
//	                          is, in hexadecimal or in base64
//	once TEXT                 the same, but for one line of server.log
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Values[serverKey{}] = new(server)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start, "halt": stop, "capture": capture, "nowhere": nowhere, "once": once, "hold": hold,
		},
	})
}

type serverKey struct{}

// server is the one server of a script, if it runs.
type server struct {
	cmd   *exec.Cmd
	ended chan error
}

// tail keeps the last output of a server and appends all of it to a file.
type tail struct {
	mu   sync.Mutex
	file *os.File
	text bytes.Buffer
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	return l.file.Write(b)
}

func (l *tail) find(re *regexp.Regexp) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := re.FindSubmatch(l.text.Bytes()); m != nil {
		return string(m[1])
	}
	return ""
}

var (
	listening = regexp.MustCompile(`(?m)^ *API +(http\S+)/graphql$`)
	rootShown = regexp.MustCompile(`(?m)^Root token \(shown once\): (localroot~\S+)$`)
)

func start(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if s.cmd != nil {
		ts.Fatalf("the server runs already")
	}
	log, err := os.OpenFile(ts.MkAbs("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	ts.Defer(func() { log.Close() })
	out := &tail{file: log}
	program, err := exec.LookPath(filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "tokenscale"))
	ts.Check(err)
	cmd := exec.Command(program, append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), out, out
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "BOOTSTRAP_ROOT_TOKEN_HASHED", "TOKENSCALE_DATA", "TOKENSCALE_LOG_LEVEL",
		"TOKENSCALE_ALLOWED_HOSTS", "TOKENSCALE_TRUSTED_PROXIES", "TOKENSCALE_SERVICE_HOST", "TOKENSCALE_PORT"} {
		if v := ts.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	ts.Check(cmd.Start())
	s.cmd, s.ended = cmd, make(chan error, 1)
	go func() { s.ended <- cmd.Wait() }()
	ts.Defer(func() { cmd.Process.Kill() })
	for range 600 {
		if url := out.find(listening); url != "" {
			ts.Setenv("URL", url)
			if root := out.find(rootShown); root != "" {
				ts.Setenv("ROOT", root)
			}
			if neg {
				ts.Fatalf("the server started, want it not to")
			}
			return
		}
		select {
		case err := <-s.ended:
			s.cmd = nil
			if !neg {
				ts.Fatalf("the server ended before it listened: %v\n%s", err, out.text.String())
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	ts.Fatalf("the server does not listen:\n%s", out.text.String())
}

func stop(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(serverKey{}).(*server)
	if s.cmd == nil {
		ts.Fatalf("no server runs")
	}
	signal, patience, roughly := syscall.SIGTERM, 25*time.Second, len(args) == 1
	if roughly && args[0] == "-kill" {
		signal = syscall.SIGKILL
	}
	ts.Check(s.cmd.Process.Signal(signal))
	if roughly && args[0] == "-twice" {
		patience = 5 * time.Second // less than a request under way may take
		time.Sleep(500 * time.Millisecond)
		ts.Check(s.cmd.Process.Signal(signal))
	}
	select {
	case err := <-s.ended:
		if !roughly {
			ts.Check(err)
		}
	case <-time.After(patience):
		ts.Fatalf("the server does not stop")
	}
	s.cmd = nil
}

func hold(ts *testscript.TestScript, _ bool, _ []string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(ts.Getenv("URL"), "http://"))
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{", ts.Getenv("ROOT"))
	ts.Check(err)
	time.Sleep(100 * time.Millisecond) // the server has begun to read
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: capture NAME REGEXP FILE")
	}
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile(args[2]))
	if len(m) != 2 {
		ts.Fatalf("%s does not hold %s:\n%s", args[2], args[1], ts.ReadFile(args[2]))
	}
	ts.Setenv(args[0], m[1])
}

func nowhere(ts *testscript.TestScript, _ bool, args []string) {
	for _, text := range args {
		if n := occurrences(ts, text); len(n) != 0 {
			ts.Fatalf("the secret stands in %v", n)
		}
	}
}

func once(ts *testscript.TestScript, _ bool, args []string) {
	for _, text := range args {
		if n := occurrences(ts, text); len(n) != 1 || n[0] != "server.log" {
			ts.Fatalf("the secret stands in %v, want it once in server.log", n)
		}
	}
}

// occurrences returns the name of a file for each time it holds the secret
// half of text, in any of the forms that a leak takes.
func occurrences(ts *testscript.TestScript, text string) []string {
	_, secret, ok := strings.Cut(text, "~")
	if !ok || len(secret) < 40 {
		ts.Fatalf("%q is no token string", text)
	}
	forms := []string{secret, hex.EncodeToString([]byte(secret))}
	for skip := range 3 { // base64 looks different at each offset
		forms = append(forms, base64.RawStdEncoding.EncodeToString([]byte(secret[skip:skip+36])))
	}
	var found []string
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server tidies up
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, form := range forms {
			for range bytes.Count(content, []byte(form)) {
				found = append(found, filepath.Base(path))
			}
		}
		return err
	}))
	return found
}

// ask is a small curl.
func ask() {
	args := os.Args[1:]
	if len(args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: ask TOKEN METHOD PATH [BODY]")
		os.Exit(2)
	}
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(args[3])
	}
	req, err := http.NewRequest(args[1], os.Getenv("URL")+args[2], body)
	if err == nil {
		if args[0] != "-" {
			req.Header.Set("Authorization", "Bearer "+args[0])
		}
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		err = exchange(req)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func exchange(req *http.Request) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	fmt.Println(res.StatusCode)
	if err := res.Header.Write(os.Stdout); err != nil {
		return err
	}
	fmt.Println()
	_, err = io.Copy(os.Stdout, res.Body)
	return err
}
