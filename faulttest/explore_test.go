package faulttest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// The explorer records what a server writes and when it waits for the disk,
// and then makes from the record the states that a crash could have left: of
// what was written since the last sync nothing, everything, or any part of it,
// whole or torn at sectors of 512 bytes. Each state must be sound, and must
// have every change that was acknowledged by then.

// A step is one thing a server did to its file.
type step struct {
	kind    string // write, length, sync, name, ack
	off     int64
	data    []byte
	shorter bool // the length may be less than it was
}

// A recording is what a server did, on top of the file as it was.
type recording struct {
	before []byte
	steps  []step
}

const sector = 512

// workloads are what the server is asked to do while it is recorded. All but
// the first begin with a store of some tokens. Changes come one by one unless
// crowd is set; only then can each be held against the moment of its answer.
var workloads = map[string]struct {
	fresh, crowd bool
	changes      int
}{
	"the first start":         {fresh: true, changes: 12},
	"changes one by one":      {changes: 60},
	"changes of many at once": {crowd: true, changes: 30},
}

func TestEveryCrashStateIsSound(t *testing.T) {
	need(t, "strace")
	for name, w := range workloads {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, "")
			r := recordServer(t, p, w.fresh, w.crowd, w.changes)
			began := time.Now()
			states, bad := explore(t, p, r, !w.crowd, true, rounds(9000, 100_000))
			if bad > 0 {
				t.Errorf("%d of %d crash states are bad", bad, states)
			}
			t.Logf("%d crash states of %d steps in %.1f s, %d bad", states, len(r.steps), time.Since(began).Seconds(), bad)
			if name == "changes one by one" {
				control(t, p, r)
			}
		})
	}
}

// control explores the same record as if the server had never waited for the
// disk.
func control(t *testing.T, p *place, r recording) {
	t.Helper()
	states, bad := explore(t, p, r, true, false, 1000)
	if bad*10 < states*3 {
		t.Errorf("without syncs %d of %d crash states are bad, want at least 30 %%", bad, states)
	}
	t.Logf("without syncs, %d of %d are bad", bad, states)
}

// recordServer records a server. Its place has a store afterwards.
func recordServer(t *testing.T, p *place, fresh, crowd bool, changes int) recording {
	t.Helper()
	var r recording
	if !fresh {
		s := p.start(t)
		for n := range 40 {
			_, err := p.api(s).create(fmt.Sprint("before ", n))
			must(t, err)
		}
		s.kill()
		var err error
		r.before, err = os.ReadFile(bolt.Path(p.data))
		must(t, err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	p.wrap = []string{
		"strace", "-f", "-qq", "-y", "-xx", "-s", "400000", "-o", trace,
		"-e", "trace=pwrite64,write,fdatasync,fsync,ftruncate,fallocate,rename,renameat,renameat2",
	}
	s := p.launch(t)
	if !s.listens(30 * time.Second) {
		t.Fatalf("the recorded server does not start: %v\n%s", s.err, s.out)
	}
	a := p.api(s)
	if crowd {
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { change(t, a, changes) })
		}
		all.Wait()
	} else {
		change(t, a, changes)
	}
	s.kill()
	r.steps = parseTrace(t, trace)
	return r
}

// change makes, rotates and deletes tokens, one after the other.
func change(t *testing.T, a *api, changes int) {
	var last string
	for n := range changes {
		var err error
		switch n % 3 {
		case 0:
			last, err = a.create(fmt.Sprint("change ", n))
		case 1:
			last, err = a.rotate(id(last))
		default:
			err = a.delete(id(last))
		}
		if err != nil {
			t.Errorf("change %d: %v", n, err)
			return
		}
	}
}

var (
	traced  = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
	onFile  = regexp.MustCompile(`^\d+<([^>]*)>(?:, )?(.*)$`)
)

// parseTrace reads what strace wrote. A call that was interrupted by another
// thread's counts where it ended; an answer counts where it began, since the
// client may have it from then on.
func parseTrace(t *testing.T, path string) []step {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	var steps []step
	waiting := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if m := resumed.FindStringSubmatch(line); m != nil {
			if whole, ok := waiting[m[1]]; ok {
				delete(waiting, m[1])
				steps = append(steps, parseCall(m[2], whole)...)
			}
			continue
		}
		m := traced.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if strings.HasPrefix(m[2], "rename") && strings.Contains(unhex(m[3]), "store.db.new") {
			steps = append(steps, step{kind: "name"})
		}
		if rest, cut := strings.CutSuffix(m[3], "<unfinished ...>"); cut && m[2] != "write" {
			waiting[m[1]] = rest
			continue
		}
		steps = append(steps, parseCall(m[2], m[3])...)
	}
	must(t, lines.Err())
	if len(steps) == 0 {
		t.Fatal("nothing was recorded")
	}
	return steps
}

// parseCall returns the step that a call is, if it is one.
func parseCall(call, args string) []step {
	m := onFile.FindStringSubmatch(args)
	if m == nil {
		return nil
	}
	path, rest := unhex(m[1]), m[2]
	if call == "write" {
		if strings.Contains(path, "socket") && strings.Contains(rest, answered) {
			return []step{{kind: "ack"}}
		}
		return nil
	}
	if !strings.Contains(filepath.Base(path), "store.db") {
		return nil
	}
	return parseChange(call, rest)
}

// parseChange returns what a call does to the file that it is about. The rest
// is what stands behind that.
func parseChange(call, rest string) []step {
	switch call {
	case "fdatasync", "fsync":
		return []step{{kind: "sync"}}
	case "ftruncate":
		return []step{{kind: "length", off: number(rest), shorter: true}}
	case "fallocate": // mode, from, length
		parts := strings.Split(rest, ", ")
		return []step{{kind: "length", off: number(parts[1]) + number(parts[2])}}
	case "pwrite64":
		text, tail, _ := strings.Cut(strings.TrimPrefix(rest, `"`), `", `)
		_, off, _ := strings.Cut(tail, ", ")
		return []step{{kind: "write", off: number(off), data: []byte(unhex(text))}}
	}
	return nil
}

// answered is how an answer to a change begins that was carried out, as strace
// writes it.
var answered = hexed(`{"data":{`)

func hexed(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, `\x%02x`, s[i])
	}
	return b.String()
}

func unhex(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			n, _ := strconv.ParseUint(s[i+2:i+4], 16, 8) // strace wrote it
			b.WriteByte(byte(n))
			i += 4
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// number reads the digits at the front of s.
func number(s string) int64 {
	s = strings.TrimSpace(s)
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	n, _ := strconv.ParseInt(s[:end], 10, 64) // strace wrote it
	return n
}

// explore makes about want crash states from r and returns how many there
// were and how many are bad. acks tells whether each answer is held against
// the store; without syncs they are ignored.
func explore(t *testing.T, p *place, r recording, acks, syncs bool, want int) (states, bad int) {
	t.Helper()
	keys, err := authority.LoadKeys(p.keys)
	must(t, err)
	x := &explorer{
		t: t, keys: keys, image: newImage(t, r.before), chance: rand.New(rand.NewPCG(uint64(want), 1)),
		exists: r.before != nil, fresh: r.before == nil,
	}
	defer x.image.file.Close()
	each := max(1, want/len(r.steps)-2)
	for _, s := range r.steps {
		switch s.kind {
		case "name": // from here on there is a store
			x.exists = true
		case "ack":
			if acks {
				x.acknowledge()
			}
		case "sync":
			x.states(each)
			if syncs {
				x.settle()
			}
		default:
			x.pending = append(x.pending, s)
			x.states(each)
		}
	}
	if acks && x.need == 0 {
		t.Error("no answer was found in the record")
	}
	return x.count, x.bad
}

type explorer struct {
	t       *testing.T
	keys    *authority.Keys
	image   *image // what is certainly on the disk
	pending []step // what may be
	chance  *rand.Rand
	fresh   bool // the store was made while it was recorded
	exists  bool
	need    uint64 // audit entries that must be there
	count   int
	bad     int
}

// settle makes everything certain.
func (x *explorer) settle() {
	for _, s := range x.pending {
		x.image.apply(s, nil)
	}
	x.image.keep()
	x.pending = nil
}

// acknowledge takes note of what the store holds now: all of it was promised.
func (x *explorer) acknowledge() {
	for _, s := range x.pending {
		x.image.apply(s, nil)
	}
	if last, err := x.image.look(x.keys); err == nil {
		x.need = max(x.need, last)
	}
	x.image.undo()
}

// states makes states of what is pending and looks at each.
func (x *explorer) states(n int) {
	if !x.exists {
		return
	}
	x.try(func(int) bool { return false }, false)
	x.try(func(int) bool { return true }, false)
	for i := range n {
		x.try(func(int) bool { return x.chance.IntN(2) == 0 }, i%2 == 0)
	}
}

func (x *explorer) try(take func(int) bool, torn bool) {
	order := x.chance.Perm(len(x.pending))
	if !torn && take(0) { // all or whole ones: as they came
		for i := range order {
			order[i] = i
		}
	}
	for _, i := range order {
		if !take(i) {
			continue
		}
		var tear func() bool
		if torn {
			tear = func() bool { return x.chance.IntN(2) == 0 }
		}
		x.image.apply(x.pending[i], tear)
	}
	x.count++
	last, err := x.image.look(x.keys)
	if x.need == 0 && x.fresh && errors.Is(err, store.ErrRow) {
		err = nil // its tables are not declared yet; the next start does that
	}
	if err != nil || last < x.need {
		if x.bad++; x.bad == 1 {
			x.t.Logf("the first bad state: %d of %d entries, %v", last, x.need, err)
		}
	}
	x.image.undo()
}

// An image is a file that can be changed and put back.
type image struct {
	file  *os.File
	kept  []byte // as it is put back to
	dirty [][2]int64
}

func newImage(t *testing.T, before []byte) *image {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(memory(t), "image"), os.O_CREATE|os.O_RDWR, 0o600)
	must(t, err)
	_, err = f.Write(before)
	must(t, err)
	return &image{file: f, kept: before}
}

// apply does a step again; of a write only the sectors that tear says, if it
// is given.
func (m *image) apply(s step, tear func() bool) {
	if s.kind == "length" {
		if info, err := m.file.Stat(); err == nil && (info.Size() < s.off || s.shorter) {
			m.dirty = append(m.dirty, [2]int64{s.off, info.Size()})
			_ = m.file.Truncate(s.off) // in memory
		}
		return
	}
	for at := 0; at < len(s.data); at += sector {
		end := min(at+sector, len(s.data))
		if tear == nil {
			end = len(s.data)
		} else if !tear() {
			continue
		}
		from := s.off + int64(at)
		_, _ = m.file.WriteAt(s.data[at:end], from) // in memory
		m.dirty = append(m.dirty, [2]int64{from, s.off + int64(end)})
		if tear == nil {
			return
		}
	}
}

// undo puts the file back.
func (m *image) undo() {
	for _, d := range m.dirty {
		if from, to := d[0], min(d[1], int64(len(m.kept))); from < to {
			_, _ = m.file.WriteAt(m.kept[from:to], from) // in memory
		}
	}
	m.dirty = m.dirty[:0]
	_ = m.file.Truncate(int64(len(m.kept))) // in memory
}

// keep makes the file as it is what it is put back to.
func (m *image) keep() {
	b, err := os.ReadFile(m.file.Name())
	if err == nil {
		m.kept = b
	}
	m.dirty = m.dirty[:0]
}

// look returns the number of the last audit entry, and what is wrong.
func (m *image) look(keys *authority.Keys) (uint64, error) {
	var rep authority.Report
	err := bolt.Inspect(context.Background(), m.file.Name(), func(r store.Reader) (err error) {
		rep, err = authority.Inspect(context.Background(), r, keys)
		return err
	})
	for _, odd := range append(rep.Odd, rep.Err()) {
		if err == nil {
			err = odd
		}
	}
	return rep.Last, err
}
