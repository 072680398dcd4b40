package faulttest

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	_ "tokenscale/cli" // so that no result is taken from the cache when the program has changed
)

// program is the server under test, built once.
var program string

func TestMain(m *testing.M) {
	switch {
	case os.Getenv("FAULTTEST_ROLE") == "mob":
		os.Exit(runMob(os.Stdin, os.Stdout))
	case os.Getenv("FAULTTEST_ROLE") == "oracle":
		os.Exit(runOracle(os.Stdin, os.Stdout, os.Args[1]))
	case short():
		fmt.Println("SKIPPED: the fault tests, because of -short")
		os.Exit(0)
	case raceDetector:
		os.Exit(withoutRaces())
	}
	os.Exit(withProgram(m))
}

func short() bool {
	flag.Parse()
	return testing.Short()
}

func withProgram(m *testing.M) int {
	folder, err := os.MkdirTemp("", "faulttest-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "tokenscale")
	build := exec.Command("go", "build", "-o", program, "tokenscale")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the server:", err)
		return 1
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// withoutRaces runs the tests again in a binary without the race detector:
// what they watch are other processes, and it would only make the verdicts
// slow.
func withoutRaces() int {
	folder, err := os.MkdirTemp("", "faulttest-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "faulttest.test")
	build := exec.Command("go", "test", "-c", "-o", binary, "tokenscale/faulttest")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the tests:", err)
		return 1
	}
	again := exec.Command(binary, os.Args[1:]...)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	runtime.LockOSThread() // whose end is the parent's end
	again.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := again.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// soak reports whether the long versions are wanted.
func soak() bool { return os.Getenv("SOAK") != "" }

// rounds returns n, or long if the long versions are wanted.
func rounds(n, long int) int {
	if soak() {
		return long
	}
	return n
}

// needRoot skips a test that mounts things unless it may.
func needRoot(t *testing.T, tools ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: mounting needs root")
	}
	need(t, tools...)
}

// need skips a test unless the tools are there.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: there is no %s", tool)
		}
	}
}
