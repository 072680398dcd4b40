package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A cgroup limits what a server may use.
type cgroup struct {
	t    *testing.T
	path string
}

// newCgroup makes a control group of the first kind, or skips the test.
func newCgroup(t *testing.T, controller string) cgroup {
	t.Helper()
	needRoot(t)
	g := cgroup{t, filepath.Join("/sys/fs/cgroup", controller, fmt.Sprintf("tokenscale-%d-%d", os.Getpid(), time.Now().UnixNano()))}
	if err := os.Mkdir(g.path, 0o755); err != nil {
		t.Skipf("SKIPPED: no control group of the first version can be made for %s: %v", controller, err)
	}
	t.Cleanup(func() {
		for range 100 { // its last process may still be ending
			if os.Remove(g.path) == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s could not be removed", g.path)
	})
	return g
}

// set writes a limit.
func (g cgroup) set(name string, value int64) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.path, name), []byte(strconv.FormatInt(value, 10)), 0o644); err != nil {
		g.t.Skipf("SKIPPED: %s cannot be set: %v", name, err)
	}
}

// get reads a figure.
func (g cgroup) get(name string) int64 {
	g.t.Helper()
	text, err := os.ReadFile(filepath.Join(g.path, name))
	if err != nil {
		g.t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}

// wrap is a command that runs another one in the group.
func (g cgroup) wrap() []string {
	return []string{"sh", "-c", `echo $$ > "` + g.path + `/cgroup.procs" && exec "$@"`, "sh"}
}

// killed returns how many processes of the group were killed for want of
// memory.
func (g cgroup) killed() int {
	g.t.Helper()
	text, err := os.ReadFile(filepath.Join(g.path, "memory.oom_control"))
	if err != nil {
		g.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			kills, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				g.t.Fatal(err)
			}
			return kills
		}
	}
	g.t.Fatalf("no count of kills in %s", text)
	return 0
}
