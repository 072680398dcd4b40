package faulttest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

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
