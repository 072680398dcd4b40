package faulttest

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAServerStartsAgainAfterItsDiskBecameReadOnlyUnderIt has the file system
// meet an error while tokens are made and deleted: it is read-only from then on.
// A restarted server verifies what was acknowledged, and revives nothing; and
// when the disk was repaired nothing is missing.
func TestAServerStartsAgainAfterItsDiskBecameReadOnlyUnderIt(t *testing.T) {
	d := newDisk(t, "ext4", 64, "errors=remount-ro")
	needRoot(t, "e2fsck")
	trigger := d.sysfs(t, "trigger_fs_error")
	p, w, k := newPlace(t, d.at), newWitness(t), newKnown()
	s := p.start(t)
	w.run(p, s)
	time.Sleep(time.Second)
	must(t, os.WriteFile(trigger, []byte("1"), 0))
	a := p.api(s)
	for code := 0; code != http.StatusServiceUnavailable; time.Sleep(time.Millisecond) {
		var err error
		code, err = a.status("/readyz", "")
		must(t, err)
	}
	s.kill()
	k.learn(w.stop(t))
	s = p.start(t)
	a = p.api(s)
	verifiesOnly(t, a, s)
	alive := 0
	refused := 0
	for name, v := range k.tokens {
		if !v.alive {
			if refused++; refused > 20 { // who is refused too often must wait
				continue
			}
		}
		switch got := a.accepts(t, v.secret); {
		case v.doubt:
		case got != v.alive:
			t.Errorf("the token %s is accepted: %v, want %v", name, got, v.alive)
		case got:
			alive++
		}
	}
	t.Logf("%d changes acknowledged, %d tokens accepted, %d revoked", k.acked, alive, k.revoked)
	if code := s.stop(t); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, s.out)
	}
	must(t, unix.Unmount(d.at, 0))
	if out, err := exec.Command("e2fsck", "-fy", d.image).CombinedOutput(); err != nil {
		t.Logf("e2fsck: %v: %s", err, out) // 1: it has repaired something
	}
	must(t, d.mount())
	k.report(t, "after the disk was repaired", k.judge(p))
	if _, err := p.api(p.start(t)).create("after"); err != nil {
		t.Errorf("it can be written again, and creating fails: %v", err)
	}
}

// tokens are those that a server verifies, or does not.
type tokens struct{ good, over, filtered, deleted string }

// fill makes tokens on a server of its own.
func (p *place) fill(t *testing.T) (made tokens) {
	t.Helper()
	s := p.start(t)
	a := p.api(s)
	create := func(more string) string {
		secret, err := a.do(fmt.Sprintf(`mutation { createSystemPermissionsToken(input: {name: "x", permissions: [ReadHealthCheck]%s}) }`, more))
		must(t, err)
		return secret
	}
	answer, err := a.do(`mutation { createIPFilter(input: {name: "nobody", ipFilter: "deny all"}) { id } }`)
	must(t, err)
	filter := strings.Split(answer, `"`)[3]
	made = tokens{
		good: create(""), over: create(fmt.Sprintf(", expireAt: %d", time.Now().Add(time.Second).UnixMilli())),
		filtered: create(fmt.Sprintf(", ipFilterId: %q", filter)), deleted: create(""),
	}
	must(t, a.delete(id(made.deleted)))
	for a.accepts(t, made.over) {
		time.Sleep(10 * time.Millisecond)
	}
	if code := s.stop(t); code != 0 {
		t.Fatalf("it ended with %d:\n%s", code, s.out)
	}
	return made
}

// check asks a server that only verifies for all that it should and should not do.
func (k tokens) check(t *testing.T, p *place, s *server) {
	t.Helper()
	a := p.api(s)
	for secret, want := range map[string]bool{k.good: true, p.root: true, k.over: false, k.filtered: false, k.deleted: false} {
		if got := a.accepts(t, secret); got != want {
			t.Errorf("the token %s is accepted: %v, want %v", id(secret), got, want)
		}
	}
	verifiesOnly(t, a, s)
	for _, query := range []string{`{ systemTokens { totalResults } }`, `{ auditEvents { totalResults } }`} {
		if answer, err := a.do(query); err != nil || answer == `{"totalResults":0}` {
			t.Errorf("%s: %s, %v", query, answer, err)
		}
	}
	for _, line := range strings.Split(s.out.String(), "\n") {
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, "only verifies tokens") {
			t.Errorf("it says %s", line)
		}
	}
	_, metrics, err := a.get("/metrics", k.good)
	if err != nil || !strings.Contains(metrics, "tokenscale_store_read_only 1\n") || !strings.Contains(metrics, "tokenscale_store_stopped 1\n") {
		t.Errorf("the metrics do not tell: %v", err)
	}
}

// verifiesOnly looks whether a server says loudly that it only verifies, and
// refuses changes.
func verifiesOnly(t *testing.T, a *api, s *server) {
	t.Helper()
	if !strings.Contains(s.out.String(), "*** VERIFY ONLY ***") {
		t.Errorf("it says %s", s.out)
	}
	if _, err := a.create("new"); err == nil || !strings.Contains(err.Error(), "UNAVAILABLE: The disk of the server is read-only, so nothing was changed") {
		t.Errorf("a change: %v", err)
	}
	for path, want := range map[string]int{"/readyz": http.StatusServiceUnavailable, "/livez": http.StatusOK, "/api/v1/health": http.StatusServiceUnavailable} {
		code, text, err := a.get(path, a.root)
		if err != nil || code != want || strings.HasSuffix(path, "health") && !strings.Contains(text, "store-writable [DOWN]") {
			t.Errorf("%s is %d, want %d: %s %v", path, code, want, text, err)
		}
	}
}
