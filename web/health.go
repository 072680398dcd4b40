package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A state says how well something is, in LogScale's words. The worst of all
// checks is the state of the server.
type state int

const (
	ok   state = iota
	warn       // works, but somebody should look
	down       // does not work
)

func (s state) String() string { return [...]string{"OK", "WARN", "DOWN"}[s] }

// A check is one thing that was looked at.
type check struct {
	Name    string            `json:"name"`
	Status  string            `json:"status"`
	Message string            `json:"statusMessage"`
	Fields  map[string]string `json:"fields"`

	state state
	order []string // the names of the fields, as they are to be read
}

func newCheck(name string, s state, message string, fields ...string) check {
	c := check{Name: name, Status: s.String(), Message: message, Fields: map[string]string{}, state: s}
	for i := 0; i < len(fields); i += 2 {
		c.order = append(c.order, fields[i])
		c.Fields[fields[i]] = fields[i+1]
	}
	return c
}

// A report is all checks, as humioctl reads it.
type report struct {
	Status   string  `json:"status"`
	Message  string  `json:"statusMessage"`
	Uptime   string  `json:"uptime"`
	Version  string  `json:"version"`
	OKs      []check `json:"oks"`
	Warnings []check `json:"warnings"`
	Down     []check `json:"down"`

	state  state
	uptime time.Duration
}

func (s *Server) report() report {
	up := s.o.Now().Sub(s.started).Round(time.Second)
	r := report{Version: s.o.Version, Uptime: up.String(), uptime: up, OKs: []check{}, Warnings: []check{}, Down: []check{}}
	for _, c := range s.checks() {
		r.state = max(r.state, c.state)
		switch c.state {
		case ok:
			r.OKs = append(r.OKs, c)
		case warn:
			r.Warnings = append(r.Warnings, c)
		default:
			r.Down = append(r.Down, c)
		}
	}
	r.Status = r.state.String()
	r.Message = [...]string{"everything is working", "some checks warn", "some checks are down"}[r.state]
	return r
}

// code is 503 when something is down, for whoever reads only that.
func (r report) code() int {
	if r.state == down {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// status tells everybody how the server is, and its version.
func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	r := s.report()
	asJSON(w, r.code(), struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}{r.Status, r.Version})
}

func (s *Server) healthJSON(w http.ResponseWriter, _ *http.Request) {
	r := s.report()
	asJSON(w, r.code(), r)
}

// healthText writes the report for people, in LogScale's layout.
func (s *Server) healthText(w http.ResponseWriter, _ *http.Request) {
	r := s.report()
	var b strings.Builder
	fmt.Fprintf(&b, "%s - %s\n  Uptime: %s (%.0fs)\n  Humio version: %s\n  Health Check Documentation: docs/operations.md\n",
		r.Status, r.Message, r.Uptime, r.uptime.Seconds(), r.Version)
	fmt.Fprintf(&b, "\nIndividual checks (DOWN=%d WARN=%d OK=%d):\n", len(r.Down), len(r.Warnings), len(r.OKs))
	for _, group := range [][]check{r.Down, r.Warnings, r.OKs} {
		for _, c := range group {
			b.WriteString(c.line())
		}
	}
	text(w, r.code(), b.String())
}

// line writes c as one line.
func (c check) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s [%s]:", c.Name, c.Status)
	for _, name := range c.order {
		value := c.Fields[name]
		if strings.Contains(value, " ") {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&b, " %s=%s", name, value)
	}
	if c.Message != "" {
		b.WriteString(" - " + c.Message)
	}
	return b.String() + "\n"
}
