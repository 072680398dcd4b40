package app

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"tokenscale/authority"
	"tokenscale/store"
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

// checks looks at everything a server needs. None of it takes long, writes
// anything, or shows more than figures and our own paths.
func (a *App) checks() []check {
	stats := a.db.Stats()
	all := []check{
		a.checkStore(stats), a.checkDisk(), checkCommit(stats), a.checkClock(), a.checkAudit(), checkWitness(a.auth.WitnessState()),
		checkIntegrity(a.auth.Scrubbed()), checkFilters(a.auth.FilterCount()), checkReads(stats),
	}
	if a.cert != nil {
		all = append(all, certCheck(a.opts.Now(), a.cert.state(), a.opts.TLSCert))
	}
	return all
}

// checkStore asks whether changes can be stored.
func (a *App) checkStore(s store.Stats) check {
	fields := []string{"size", fmt.Sprint(s.Size), "used", fmt.Sprint(s.Used), "max", fmt.Sprint(s.MaxSize), "path", a.opts.Data}
	switch err := writable(a.opts.Data); {
	case a.db.Err() != nil:
		return newCheck("store-writable", down, "the store takes no more changes because an earlier one failed; the server stops soon", fields...)
	case err != nil:
		return newCheck("store-writable", down, "the data folder cannot be written to", fields...)
	case s.MaxSize > 0 && s.Used > (s.MaxSize-s.Reserve)/5*4:
		return newCheck("store-writable", warn, "the store is nearly as large as --max-store-size allows", fields...)
	}
	return newCheck("store-writable", ok, "", fields...)
}

// Below lowDisk the store can still grow for some while; below noDisk it
// cannot be sure to.
const (
	lowDisk = 256 << 20
	noDisk  = 8 << 20
)

// checkDisk asks for the space that is left under the store, in bytes.
func (a *App) checkDisk() check {
	free, total, err := diskSpace(a.opts.Data)
	fields := []string{"free", fmt.Sprint(free), "total", fmt.Sprint(total), "path", a.opts.Data}
	switch {
	case err != nil:
		return newCheck("disk-space", warn, "the disk does not tell how much space is left", "path", a.opts.Data)
	case free < noDisk:
		return newCheck("disk-space", down, "there is no space left for the store to grow", fields...)
	case free < lowDisk:
		return newCheck("disk-space", warn, "there is little space left for the store to grow", fields...)
	}
	return newCheck("disk-space", ok, "", fields...)
}

// slowCommit is what a healthy disk never takes for a commit.
const slowCommit = time.Second

// checkCommit asks how the last commit went.
func checkCommit(s store.Stats) check {
	last := "none since the start"
	if !s.LastCommit.IsZero() {
		last = s.LastCommit.UTC().Format(time.RFC3339)
	}
	fields := []string{"last", last, "took", s.LastDuration.String(), "longest", s.MaxDuration.String(), "waiting", fmt.Sprint(s.Queued)}
	if s.Underway > slowCommit {
		return newCheck("last-commit", warn, "a change has been under way to the disk for long", fields...)
	}
	if s.LastDuration > slowCommit {
		return newCheck("last-commit", warn, "the last change took long to reach the disk", fields...)
	}
	return newCheck("last-commit", ok, "", fields...)
}

// checkClock asks whether the clock of this machine can be believed. Time for
// tokens never runs back; see authority.ClockState.
func (a *App) checkClock() check { return clockCheck(a.opts.Now(), a.auth.ClockState()) }

func clockCheck(wall time.Time, s authority.ClockState) check {
	fields := []string{"now", wall.UTC().Format(time.RFC3339), "time", s.Now.String(), "behind", s.Behind.String(), "ahead", s.Ahead.String()}
	if s.Held != 0 {
		fields = append(fields, "expiredKeptUntil", s.Held.String())
	}
	switch {
	case s.Behind > 0:
		return newCheck("clock", warn, "the clock is behind what it said before; tokens are judged by the later time. Set it right, or if it is, start once with --accept-clock", fields...)
	case s.Ahead > 0:
		return newCheck("clock", warn, "the clock has jumped ahead; tokens that have expired by that are refused, and kept for a day. If it is wrong, set it right and start once with --accept-clock", fields...)
	}
	return newCheck("clock", ok, "", fields...)
}

// slowSink is how long writing out audit lines may take before somebody should
// look what the reader does.
const slowSink = time.Second

// checkAudit asks whether audit entries are written out. They are in the store
// all the same.
func (a *App) checkAudit() check {
	if a.sink == nil {
		return newCheck("audit", ok, "", "kept", "in the store")
	}
	fields := []string{"kept", "in the store", "also", a.opts.AuditFile}
	switch busy, err := a.sink.state(); {
	case err != nil:
		return newCheck("audit", warn, "audit entries cannot be written out; they are kept and tried again", fields...)
	case busy > slowSink:
		return newCheck("audit", warn, "nobody takes the audit entries that are written out; they are kept", fields...)
	}
	return newCheck("audit", ok, "", fields...)
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

func (a *App) report() report {
	up := a.opts.Now().Sub(a.started).Round(time.Second)
	r := report{Version: a.opts.Version.String(), Uptime: up.String(), uptime: up, OKs: []check{}, Warnings: []check{}, Down: []check{}}
	for _, c := range a.checks() {
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
func (a *App) status(w http.ResponseWriter, _ *http.Request) {
	r := a.report()
	asJSON(w, r.code(), struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}{r.Status, r.Version})
}

func (a *App) healthJSON(w http.ResponseWriter, _ *http.Request) {
	r := a.report()
	asJSON(w, r.code(), r)
}

// healthText writes the report for people, in LogScale's layout.
func (a *App) healthText(w http.ResponseWriter, _ *http.Request) {
	r := a.report()
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
