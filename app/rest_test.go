package app

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/ledger"
	"tokenscale/store"
)

func TestAuthorize(t *testing.T) {
	r := serving(t, func(o *Options) { o.TrustedProxies = []Network{network(t, "127.0.0.1")} })
	id, ann := r.token("Ann's laptop, 50% Ümlaut", "ReadHealthCheck, ManageCluster")
	// A filter, and a token that it binds.
	_, text := r.ask("POST", "/graphql", `{"query":"mutation { createIPFilter(input: {name: \"f\", ipFilter: \"allow 192.0.2.0/24\"}) { id } }"}`, bearer(r.root)...)
	_, text = r.ask("POST", "/graphql", `{"query":"mutation { createSystemToken(input: {name: \"b\", permissions: [], ipFilterId: \"`+between(text, `"id":"`, `"`)+`\"}) { token } }"}`, bearer(r.root)...)
	bob := between(text, `"token":"`, `"`)
	tests := []struct {
		name    string
		method  string
		query   string
		headers []string
		status  int
		text    string
	}{
		{"a good token", "GET", "", bearer(ann), 204, ""},
		{"a good token, as Basic", "GET", "", []string{"Authorization", "Basic " + basic("any", ann)}, 204, ""},
		{"by POST, as Envoy asks", "POST", "", bearer(ann), 204, ""},
		{"by HEAD", "HEAD", "", bearer(ann), 204, ""},
		{"by PROPFIND, as asked of the proxy", "PROPFIND", "", bearer(ann), 204, ""},
		{"a permission that is held", "GET", "?permission=ReadHealthCheck", bearer(ann), 204, ""},
		{"two that are held", "GET", "?permission=ReadHealthCheck&permission=ManageCluster", bearer(ann), 204, ""},
		{"two, of which one lacks", "GET", "?permission=ReadHealthCheck&permission=PatchGlobal", bearer(ann), 403, "Patch global not allowed"},
		{"root lacks none", "GET", "?permission=PatchGlobal", bearer(r.root), 204, ""},
		{"a permission that is none", "GET", "?permission=Everything", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"an empty permission", "GET", "?permission=", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"the case of a name counts", "GET", "?permission=managecluster", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"a permission without a value", "GET", "?permission", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"a permission that is badly escaped", "GET", "?permission=%zz", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"a name that is badly escaped, and may mean permission", "GET", "?permi%zzion=PatchGlobal", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"a permission that is escaped", "GET", "?%70ermission=Patch%47lobal", bearer(ann), 403, "Patch global not allowed"},
		{"permissions with a semicolon between, which is none", "GET", "?permission=ReadHealthCheck;permission=PatchGlobal", bearer(ann), 400, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."},
		{"other parts of the address, which say nothing", "GET", "?x=1&&y&permission=ReadHealthCheck&", bearer(ann), 204, ""},
		{"nothing", "GET", "", nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"a bad token", "GET", "", bearer("x"), 401, "The supplied authentication is invalid"},
		{"a token in the address", "GET", "?token=" + ann, nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"an address that the filter lets in", "GET", "", append(bearer(bob), "X-Forwarded-For", "192.0.2.7"), 204, ""},
		{"an address that the filter refuses", "GET", "", append(bearer(bob), "X-Forwarded-For", "198.51.100.1"), 403, "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."},
		{"an address that a client made up", "GET", "", append(bearer(bob), "X-Forwarded-For", "192.0.2.7, 198.51.100.1"), 403, "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."},
		{"an address that nobody can read", "GET", "", append(bearer(bob), "X-Forwarded-For", "unknown"), 403, "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res, text := r.ask(test.method, authorizePath+test.query, "", test.headers...)
			if res.StatusCode != test.status || test.method != "HEAD" && text != test.text {
				t.Errorf("got %d %q, want %d %q", res.StatusCode, text, test.status, test.text)
			}
			if (res.Header.Get("X-Token-Id") != "") != (test.status == 204) {
				t.Errorf("X-Token-Id is %q", res.Header.Get("X-Token-Id"))
			}
		})
	}
	res, _ := r.ask("GET", authorizePath, "", bearer(ann)...)
	for name, want := range map[string]string{
		"X-Token-Id": id, "X-Token-Name": "Ann's laptop, 50%25 %C3%9Cmlaut", "X-Token-Permissions": "ReadHealthCheck,ManageCluster",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

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

func network(t *testing.T, text string) Network {
	t.Helper()
	var n Network
	if err := n.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHeaderText(t *testing.T) {
	for in, want := range map[string]string{
		"plain name": "plain name", "100%": "100%25", "ü": "%C3%BC", "a\r\nX-Evil: 1": "a%0D%0AX-Evil: 1", "": "", "\x7f": "%7F", "\u202eevil": "%E2%80%AEevil",
	} {
		if got := headerText(in); got != want {
			t.Errorf("headerText(%q) = %q, want %q", in, got, want)
		}
	}
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
		{"a row that is not what was written warns", checkIntegrity(integrity.ScrubStats{Bad: 1}), warn},
		{"a short read is fine", checkReads(store.Stats{Readers: 1, OldestRead: time.Second}), ok},
		{"a read of 60 seconds warns", checkReads(store.Stats{Readers: 1, OldestRead: time.Minute}), warn},
		{"an audit sink that nobody asked for is fine", (&App{}).checkAudit(), ok},
		{"an audit sink that works is fine", (&App{sink: sinkIn(nil, 0)}).checkAudit(), ok},
		{"an audit sink that fails warns", (&App{sink: sinkIn(errors.New("full"), 0)}).checkAudit(), warn},
		{"an audit sink that hangs warns", (&App{sink: sinkIn(nil, slowSink+1)}).checkAudit(), warn},
		{"an audit log that is signed is fine", checkCheckpoints(ledger.CheckpointState{Entries: 9, Covered: 7, Time: 1}), ok},
		{"an audit log that cannot be signed warns", checkCheckpoints(ledger.CheckpointState{Entries: 9, Failed: errors.New("forked")}), warn},
		{"filters that can be read are fine", checkFilters(authority.FilterCount{All: 3}), ok},
		{"a filter that cannot be read warns", checkFilters(authority.FilterCount{All: 3, Shut: 1}), warn},
		{"a clock that runs is fine", clockCheck(start, authority.ClockState{}), ok},
		{"a clock that was set back warns", clockCheck(start, authority.ClockState{Behind: time.Hour}), warn},
		{"a clock that was set ahead warns", clockCheck(start, authority.ClockState{Ahead: 2 * time.Hour, Held: 1}), warn},
		{"a server that was off for long is fine", clockCheck(start, authority.ClockState{Held: 1}), ok},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.got.state != test.want {
				t.Errorf("%s, want %v", test.got.line(), test.want)
			}
		})
	}
}

// sinkIn returns a sink in which the last write ended with err, or in which a
// write has been under way for some time.
func sinkIn(err error, busy time.Duration) *sink {
	now := time.Now()
	s := &sink{now: func() time.Time { return now }, err: err}
	if busy > 0 {
		s.began = now.Add(-busy)
	}
	return s
}
