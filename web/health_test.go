package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/clock"
	"tokenscale/authority/door"
	"tokenscale/authority/integrity"
	"tokenscale/authority/ledger"
	"tokenscale/store"
)

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}

func basic(user, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
}

// What humioctl decodes, member by member.
func TestHealthJSON(t *testing.T) {
	r := serving(t, nil)
	_, text := r.ask("GET", "/api/v1/health-json", "", bearer(r.root)...)
	var got struct {
		Status, StatusMessage, Uptime, Version string
		OKs                                    []struct {
			Name, Status, StatusMessage string
			Fields                      map[string]string
		}
		Warnings, Down []any
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range got.OKs {
		if names = append(names, c.Name); c.Status != "OK" || len(c.Fields) == 0 {
			t.Errorf("check %+v, want OK and figures", c)
		}
	}
	if strings.Join(names, " ") != "store-writable disk-space last-commit clock audit audit-checkpoint integrity ip-filters reads" || got.Status != "OK" || got.Warnings == nil || got.Down == nil {
		t.Errorf("got %s", text)
	}
}

func TestChecksWarn(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		got  check
		want state
	}{
		{"a store whose rows are what was written is fine", checkIntegrity(integrity.ScrubStats{Rows: 9, Passes: 1}), ok},
		{"rows of etcd that differ from ours warn", checkIntegrity(integrity.ScrubStats{Different: 1}), warn},
		{"a row that is not what was written warns", checkIntegrity(integrity.ScrubStats{Bad: 1}), warn},
		{"a short read is fine", checkReads(store.Stats{Readers: 1, OldestRead: time.Second}), ok},
		{"a read of 60 seconds warns", checkReads(store.Stats{Readers: 1, OldestRead: time.Minute}), warn},
		{"an audit sink that nobody asked for is fine", (&Server{o: Options{Store: working{}}}).checkAudit(), ok},
		{"an audit sink that works is fine", audited(0, nil).checkAudit(), ok},
		{"an audit sink that fails warns", audited(0, errors.New("full")).checkAudit(), warn},
		{"an audit sink that hangs warns", audited(slowAudit+1, nil).checkAudit(), warn},
		{"a server that only verifies writes no audit entries", (&Server{o: Options{Store: onlyRead{}}}).checkAudit(), warn},
		{"an audit log that is signed is fine", checkCheckpoints(ledger.CheckpointState{Entries: 9, Covered: 7, Time: 1}), ok},
		{"an audit log that cannot be signed warns", checkCheckpoints(ledger.CheckpointState{Entries: 9, Failed: errors.New("forked")}), warn},
		{"an old part of the audit log whose file is there is fine", segmentsCheck(archive.State{Segments: 2}, nil), ok},
		{"one whose file is missing warns", segmentsCheck(archive.State{Segments: 2, Bad: []error{errors.New("segment 1")}}, nil), warn},
		{"filters that can be read are fine", checkFilters(authority.FilterCount{All: 3}), ok},
		{"a filter that cannot be read warns", checkFilters(authority.FilterCount{All: 3, Shut: 1}), warn},
		{"a key file that is used is fine", keyFileCheck(""), ok},
		{"a changed key file that cannot be used warns", keyFileCheck("it lacks a key"), warn},
		{"a node that may answer is fine", checkCluster(door.Cluster{Proven: true}), ok},
		{"a member of etcd that does not answer warns", checkCluster(door.Cluster{Proven: true, Silent: []string{"https://etcd-1:2379"}}), warn},
		{"an alarm of etcd warns", checkCluster(door.Cluster{Proven: true, Alarms: []string{"NOSPACE"}}), warn},
		{"a node that may not answer is down", checkCluster(door.Cluster{}), down},
		{"a node whose clock is wrong is down", checkCluster(door.Cluster{Clock: door.ErrClock}), down},
		{"a clock that runs is fine", clockCheck(start, clock.State{}), ok},
		{"a clock that was set back warns", clockCheck(start, clock.State{Behind: time.Hour}), warn},
		{"a clock that was set ahead warns", clockCheck(start, clock.State{Ahead: 2 * time.Hour}), warn},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.got.state != test.want {
				t.Errorf("%s, want %v", test.got.line(), test.want)
			}
		})
	}
}

// audited returns a server whose audit entries are also written out: for how
// long a write has been under way, and what is in its way.
func audited(busy time.Duration, err error) *Server {
	return &Server{o: Options{Store: working{}, AuditState: func() (time.Duration, error) { return busy, err }}}
}

// working is a store with which all is well.
type working struct{}

func (working) Err() error         { return nil }
func (working) Stats() store.Stats { return store.Stats{} }

// onlyRead is one that can only be read.
type onlyRead struct{ working }

func (onlyRead) Err() error { return fmt.Errorf("%w: the disk is full of holes", store.ErrReadOnly) }
