//go:build bench

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A request is sent again and again, byte for byte, so that the generator
// costs next to nothing: it shares two cores with the server.
type request struct {
	addr string
	text func(i int) []byte // the i-th request
}

func post(url, path, token, body string) request {
	text := wire(url, "POST", path, token, body)
	return request{addr: strings.TrimPrefix(url, "http://"), text: func(int) []byte { return text }}
}

func get(url, path, token string) request {
	text := wire(url, "GET", path, token, "")
	return request{addr: strings.TrimPrefix(url, "http://"), text: func(int) []byte { return text }}
}

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
	if !good || bytes.Contains(body, []byte(`"errors"`)) {
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

// A load is what came of a load.
type load struct {
	rate     float64       // requests a second
	p50, p99 time.Duration // from the moment a request was due
}

// closed sends requests on n connections, each as soon as the answer to the
// last one is there: what the server can do at most.
func closed(r request, n int, each time.Duration) (load, error) {
	var sent atomic.Int64
	return together(n, func(worker int, times *[]time.Duration) error {
		c, err := dial(r.addr)
		if err != nil {
			return err
		}
		defer c.conn.Close()
		for end := time.Now().Add(each); ; {
			began := time.Now()
			if began.After(end) {
				return nil
			}
			if err := c.do(r.text(int(sent.Add(1)))); err != nil {
				return err
			}
			*times = append(*times, time.Since(began))
		}
	})
}

// paced sends requests at a fixed rate. A request that waits because the
// server is slow is late from the moment it was due: a generator that waits
// along hides just what it should show.
func paced(r request, rate, n int, each time.Duration) (load, error) {
	began := time.Now()
	gap := time.Second / time.Duration(rate)
	total := int64(each / gap)
	var next atomic.Int64
	return together(n, func(worker int, times *[]time.Duration) error {
		c, err := dial(r.addr)
		if err != nil {
			return err
		}
		defer c.conn.Close()
		for {
			i := next.Add(1)
			if i > total {
				return nil
			}
			due := began.Add(time.Duration(i) * gap)
			time.Sleep(time.Until(due))
			if err := c.do(r.text(int(i))); err != nil {
				return err
			}
			*times = append(*times, time.Since(due))
		}
	})
}

func together(n int, work func(worker int, times *[]time.Duration) error) (load, error) {
	times, errs := make([][]time.Duration, n), make([]error, n)
	began := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = work(i, &times[i]) })
	}
	all.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			return load{}, err
		}
	}
	every := slices.Concat(times...)
	slices.Sort(every)
	if len(every) == 0 {
		return load{}, fmt.Errorf("no request came back")
	}
	return load{
		rate: float64(len(every)) / took.Seconds(),
		p50:  every[len(every)/2], p99: every[len(every)*99/100],
	}, nil
}
