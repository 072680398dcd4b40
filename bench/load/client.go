//go:build bench

package load

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// A Request is sent again and again, byte for byte, so that the generator
// costs next to nothing: it shares the cores with the server.
type Request struct {
	addr string
	text []byte
}

// Post is a request with a body of JSON and, unless it is empty, a token.
func Post(url, path, token, body string) Request {
	return Request{strings.TrimPrefix(url, "http://"), wire(url, "POST", path, token, body)}
}

// Get is a request without a body.
func Get(url, path, token string) Request {
	return Request{strings.TrimPrefix(url, "http://"), wire(url, "GET", path, token, "")}
}

// Query is a request of GraphQL.
func Query(url, path, token, text string, variables map[string]any) Request {
	body, _ := json.Marshal(map[string]any{"query": text, "variables": variables})
	return Post(url, path, token, string(body))
}

// Client is a Worker that sends r on a connection of its own.
func (r Request) Client() (Work, func(), error) {
	c, err := dial(r.addr)
	if err != nil {
		return nil, nil, err
	}
	return func() error { return c.do(r.text) }, func() { c.conn.Close() }, nil
}

// Once sends r and returns the answer, or an error if that is not what was
// wanted.
func (r Request) Once() (http.Header, []byte, error) {
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(r.text); err != nil {
		return nil, nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || refused(body)) {
		err = fmt.Errorf("refused: %s: %.300s", res.Status, body)
	}
	return res.Header, body, err
}

// refused reports whether an answer of GraphQL is a refusal.
func refused(body []byte) bool { return bytes.Contains(body, []byte(`"errors"`)) }

func wire(url, method, path, token, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, strings.TrimPrefix(url, "http://"))
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// A connection sends requests one after the other.
type connection struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(addr string) (*connection, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// do sends one request and reads its answer. Anything but a 2xx, or an answer
// with errors in it, is an error: a fast refusal is no result.
func (c *connection) do(text []byte) error {
	if _, err := c.conn.Write(text); err != nil {
		return err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := len(line) > 9 && line[9] == '2'
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if rest, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(rest)))
		}
		if bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked")) {
			length = -1
		}
	}
	body, err := c.body(length)
	if err != nil {
		return err
	}
	if !good || refused(body) {
		return fmt.Errorf("refused: %.300s", body)
	}
	return nil
}

func (c *connection) body(length int) ([]byte, error) {
	if length < 0 {
		return chunked(c.in)
	}
	if length <= c.in.Size() {
		body, err := c.in.Peek(length)
		c.in.Discard(length)
		return body, err
	}
	body := make([]byte, length)
	_, err := io.ReadFull(c.in, body)
	return body, err
}

func chunked(in *bufio.Reader) ([]byte, error) {
	var body []byte
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil {
			return nil, err
		}
		part := make([]byte, n+2)
		if _, err := io.ReadFull(in, part); err != nil {
			return nil, err
		}
		if n == 0 {
			return body, nil
		}
		body = append(body, part[:n]...)
	}
}
