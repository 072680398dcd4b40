package faulttest

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A call is one thing that a server did to the files of its folder. A file is
// the one that it was when it was opened, whatever name it has by now.
type call struct {
	kind  string // write, length, sync, folder (which is synced), enter, leave, move, ack
	file  int    // which the call is about, or which has the name afterwards
	name  string // in the folder: of what comes or goes; of a move, the new one
	from  string // of a move, the old name
	began int    // of a sync: how many calls had ended when it began
	step
}

var (
	begun  = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	gone   = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	result = regexp.MustCompile(`\) += (\d+)(?:<[^>]*>)?$`)
	quoted = regexp.MustCompile(`"([^"]*)"`)
)

// callReader reads the calls of a trace. Calls count where they ended; a sync
// makes certain what had ended when it began; an answer counts where it began.
type callReader struct {
	folder  string
	names   map[string]int // what each name in the folder stands for
	opened  map[string]int // by number; -1 is the folder
	files   int
	calls   []call
	waiting map[string]waitingCall // by thread
}

type waitingCall struct {
	name, args string
	began      int
}

func parseCalls(t *testing.T, trace, folder string) []call {
	t.Helper()
	f, err := os.Open(trace)
	must(t, err)
	defer f.Close()
	r := &callReader{folder: folder, names: map[string]int{"store.db": 0}, files: 1, opened: map[string]int{}, waiting: map[string]waitingCall{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		r.line(lines.Text())
	}
	must(t, lines.Err())
	return r.calls
}

func (r *callReader) line(line string) {
	if m := gone.FindStringSubmatch(line); m != nil {
		w := r.waiting[m[1]]
		delete(r.waiting, m[1])
		r.ended(w.name, w.args+m[2], w.began)
		return
	}
	m := begun.FindStringSubmatch(line)
	if m == nil {
		return
	}
	if m[2] == "write" && strings.Contains(m[3], answered) {
		r.calls = append(r.calls, call{kind: "ack"})
	}
	if args, cut := strings.CutSuffix(m[3], " <unfinished ...>"); cut {
		r.waiting[m[1]] = waitingCall{m[2], args, len(r.calls)}
		return
	}
	r.ended(m[2], m[3], len(r.calls))
}

// ended takes in a call that went well; others changed nothing.
func (r *callReader) ended(name, args string, began int) {
	m := result.FindStringSubmatch(args)
	if m == nil {
		return
	}
	switch {
	case name == "openat":
		r.open(args, m[1])
	case strings.HasPrefix(name, "rename"), strings.HasPrefix(name, "unlink"):
		r.rename(args)
	default:
		r.change(name, args, began)
	}
}

// open remembers which file a number stands for from now on.
func (r *callReader) open(args, number string) {
	path := unhex(quoted.FindStringSubmatch(args)[1])
	delete(r.opened, number)
	if path == r.folder {
		r.opened[number] = -1
	}
	name, ours := r.inFolder(path)
	if !ours {
		return
	}
	if _, there := r.names[name]; !there {
		r.names[name] = r.files
		r.files++
		r.calls = append(r.calls, call{kind: "enter", file: r.names[name], name: name})
	}
	r.opened[number] = r.names[name]
}

// rename follows a file to its new name, or out of the folder.
func (r *callReader) rename(args string) {
	paths := quoted.FindAllStringSubmatch(args, 2)
	from, ours := r.inFolder(unhex(paths[0][1]))
	if !ours {
		return
	}
	file := r.names[from]
	delete(r.names, from)
	if len(paths) == 1 {
		r.calls = append(r.calls, call{kind: "leave", name: from})
		return
	}
	to, _ := r.inFolder(unhex(paths[1][1]))
	r.names[to] = file
	r.calls = append(r.calls, call{kind: "move", file: file, name: to, from: from})
}

func (r *callReader) inFolder(path string) (name string, ours bool) {
	name = filepath.Base(path)
	return name, filepath.Dir(path) == r.folder && strings.HasPrefix(name, "store.db")
}

// change takes in a call about an open file.
func (r *callReader) change(name, args string, began int) {
	number, _, _ := strings.Cut(args, "<")
	file, ours := r.opened[number]
	m := onFile.FindStringSubmatch(args)
	if !ours || m == nil {
		return
	}
	for _, s := range parseChange(name, m[2]) {
		c := call{kind: s.kind, file: file, began: began, step: s}
		if file < 0 {
			c.kind = "folder"
		}
		r.calls = append(r.calls, c)
	}
}
