package faulttest

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tokenscale/store/bolt/boltfile"
)

// TestTheFilesAreExchangedInAnOrderThatNoCrashCanSpoil watches the calls of a
// server that compacts its store while it is changed. File systems that keep
// more than they promise hide a sync that is missing, from power cuts too; so
// this looks at the order itself: the new file is synced after it was last
// written and before it takes the name, and the folder before a change is
// written to it.
func TestTheFilesAreExchangedInAnOrderThatNoCrashCanSpoil(t *testing.T) {
	need(t, "strace")
	p := newPlace(t, "")
	rotationSample(t, p)
	trace := filepath.Join(t.TempDir(), "trace")
	p.wrap = []string{
		"strace", "-f", "-qq", "-y", "-xx", "-s", "400000", "-o", trace,
		"-e", "trace=pwrite64,fdatasync,fsync,rename,renameat,renameat2",
	}
	s := p.start(t)
	p.wrap = nil
	halt := make(chan struct{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for !closed(halt) {
				change(t, p.api(s), 3)
			}
		})
	}
	out, code := p.run(t, "compact")
	close(halt)
	all.Wait()
	s.kill()
	if code != 0 {
		t.Fatalf("compact ended with %d: %s", code, out)
	}
	before, after := aroundTheName(t, p, trace)
	fresh := filepath.Base(boltfile.CompactPath(p.data))
	t.Logf("before: %v; after: %v", before[max(0, len(before)-6):], after[:min(6, len(after))])
	for last := len(before) - 1; ; last-- {
		if last < 0 || before[last] == "pwrite64 "+fresh {
			t.Fatal("the new file takes the name and was not synced")
		}
		if before[last] == "fdatasync "+fresh {
			break
		}
	}
	if after[0] != "fsync "+filepath.Base(p.data) {
		t.Errorf("after the new file has its name comes %q, want a sync of the folder", after[0])
	}
}

// aroundTheName returns what a trace tells of the store and its folder before
// the new file took its name, and from then on. Calls count where they ended.
func aroundTheName(t *testing.T, p *place, trace string) (before, after []string) {
	t.Helper()
	f, err := os.Open(trace)
	must(t, err)
	defer f.Close()
	waiting, named := map[string]string{}, false
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		name, args := "", ""
		if m := resumed.FindStringSubmatch(lines.Text()); m != nil {
			name, args = m[2], waiting[m[1]]
		} else if m := traced.FindStringSubmatch(lines.Text()); m != nil {
			if strings.HasSuffix(m[3], "<unfinished ...>") {
				waiting[m[1]] = m[3]
				continue
			}
			name, args = m[2], m[3]
		}
		if strings.HasPrefix(name, "rename") {
			named = named || strings.Contains(unhex(args), "store.db.compact")
			continue
		}
		m := onFile.FindStringSubmatch(args)
		if m == nil || !strings.HasPrefix(unhex(m[1]), p.data) {
			continue // the record beside the key file
		}
		if seen := name + " " + filepath.Base(unhex(m[1])); named {
			after = append(after, seen)
		} else {
			before = append(before, seen)
		}
	}
	must(t, lines.Err())
	if len(before) == 0 || len(after) == 0 {
		t.Fatalf("%d calls before the new file took its name were seen, and %d from then on", len(before), len(after))
	}
	return before, after
}
