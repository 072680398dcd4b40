package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A raw request is one in testdata/requests.txt.
type raw struct{ want, name, bytes string }

func rawRequests(t testing.TB, token string) []raw {
	t.Helper()
	text, err := os.ReadFile("testdata/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []raw
	for block := range strings.SplitSeq(string(text), "\n\n") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		if strings.HasPrefix(lines[0], "#") {
			continue
		}
		if len(lines) != 3 {
			t.Fatalf("testdata/requests.txt: a request has %d lines, want 3:\n%s", len(lines), block)
		}
		bytes, err := strconv.Unquote(lines[2])
		if err != nil {
			t.Fatalf("testdata/requests.txt: %s: %v", lines[1], err)
		}
		bytes = strings.NewReplacer("{TOKEN}", token, "{64K}", strings.Repeat("a", 64<<10), "{60K}", strings.Repeat("a", 60<<10), "{7K}", strings.Repeat("a", 7<<10)).Replace(bytes)
		all = append(all, raw{lines[0], lines[1], bytes})
	}
	return all
}

// stillThere is what is written after a request to see whether the
// connection still stands.
const stillThere = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"

// dial connects to the server; nothing in a test waits longer than a while.
func (r *running) dial() net.Conn {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// exchange sends bytes and returns the status of each answer, and whether the
// connection stands after n of them.
func (r *running) exchange(bytes string, n int) (got string, bodies []string) {
	r.t.Helper()
	conn := r.dial()
	defer conn.Close()
	go io.WriteString(conn, bytes) // the server may answer before it has read all
	method, _, _ := strings.Cut(bytes, " ")
	in := bufio.NewReader(conn)
	for range n {
		status, body, err := readAnswer(in, method)
		if err != nil {
			return got + "closed", bodies
		}
		got += strconv.Itoa(status) + " "
		bodies = append(bodies, body)
	}
	io.WriteString(conn, stillThere)
	status, body, err := readAnswer(in, "GET")
	if err == nil && status == 200 && body == "alive\n" {
		return got + "open", bodies
	}
	if err == nil {
		return got + fmt.Sprintf("and then %d %q", status, body), bodies
	}
	return got + "closed", bodies
}

func readAnswer(in *bufio.Reader, method string) (int, string, error) {
	res, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, "", err
	}
	return res.StatusCode, string(body), nil
}

func TestRawRequests(t *testing.T) {
	r := serving(t, nil)
	all := rawRequests(t, r.root)
	if len(all) < 40 {
		t.Fatalf("the corpus has %d requests, want at least 40", len(all))
	}
	for _, test := range all {
		t.Run(test.name, func(t *testing.T) {
			answers := strings.Count(test.want, " ")
			if got, bodies := r.exchange(test.bytes, answers); got != test.want {
				t.Errorf("got %s, want %s\nsent %.300q\nanswers %.300q", got, test.want, test.bytes, bodies)
			}
		})
	}
}
