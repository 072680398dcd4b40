package web

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Names that a page on another site could reach us by, as bytes. 421 says
// nothing else; 400 is for what is no name at all.
func TestSpellingsOfTheHostOverRawTCP(t *testing.T) {
	r := serving(t, nil)
	_, port, _ := strings.Cut(r.Addr().String(), ":")
	ours := []string{"localhost", "LOCALHOST", "LocalHost:" + port, "localhost:" + port, "127.0.0.1", "127.0.0.1:" + port, "[::1]", "[::1]:" + port, " localhost ", "localhost:0"}
	strangers := []string{
		"evil.test", "evil.test:" + port, "localhost.", "localhost.:" + port, "localhost.evil.test", "evil.test.localhost", "localhostevil.test",
		"127.0.0.1.evil.test", "127.0.0.1.", "127.1", "127.0.0.01", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.0.0.2", "0.0.0.0", "0",
		"[::]", "[::ffff:127.0.0.1]", "[::1%25lo]", "::1", "[::1", "[0:0:0:0:0:0:0:1]", "", ":" + port, "localhost:" + port + ":" + port,
		"localhost@evil.test", "localhost#evil.test", "localhost,evil.test", "xn--lcalhost-54g", "localhost%2eevil.test", "*", "null", "file", "local-host", "127.0.0.1:" + port + ".evil.test",
	}
	if len(strangers) < 30 {
		t.Errorf("%d spellings, want at least 30", len(strangers))
	}
	get := func(host string) (string, []string) {
		return r.exchange(fmt.Sprintf("GET /api/v1/session HTTP/1.1\r\nHost: %s\r\n\r\n", host), 1)
	}
	for _, host := range ours {
		if got, _ := get(host); got != "200 open" {
			t.Errorf("%q: %s, want 200", host, got)
		}
	}
	for _, host := range strangers {
		got, bodies := get(host)
		if got != "421 open" && got != "400 closed" {
			t.Errorf("%q: %s, want 421, or 400 and the connection closed", host, got)
		}
		if len(bodies) > 0 && host != "" && len(host) > 4 && strings.Contains(bodies[0], host) {
			t.Errorf("%q comes back: %s", host, bodies[0])
		}
	}
	for _, lines := range []string{
		"Host: localhost\r\nHost: evil.test", "Host: evil.test\r\nHost: localhost", "Host: evil.test\r\nX-Forwarded-Host: localhost", "Host: evil.test\r\nForwarded: host=localhost", "X-Host: localhost",
	} {
		got, _ := r.exchange("GET /api/v1/session HTTP/1.1\r\n"+lines+"\r\n\r\n", 1)
		if got != "421 open" && got != "400 closed" {
			t.Errorf("%q: %s, want it refused", lines, got)
		}
	}
}

// What a page of another site can make a browser send without asking first
// changes nothing, whatever it says about itself.
func TestNothingAnotherSiteCanSendChangesAnything(t *testing.T) {
	r := serving(t, nil)
	_, token := r.token("ann", "ChangeSystemPermissions")
	res, _ := r.ask("POST", "/api/v1/session", "", bearer(token)...)
	cookie := res.Cookies()[0].String()
	const mutation = `{"query":"mutation { createSystemToken(input: {name: \"forged\", permissions: []}) { token } }"}`
	cookies := []string{"Cookie", cookie}
	ours := []string{"X-Requested-By", "tokenscale"}
	site := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}
	join := func(lists ...[]string) (all []string) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	forms := []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"}
	for _, kind := range append(forms, "application/json") {
		for name, headers := range map[string][]string{
			"an old browser":           cookies,
			"a new browser":            join(cookies, site),
			"a sandbox":                join(cookies, []string{"Origin", "null"}),
			"a neighbour":              join(cookies, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:1"}),
			"a script that was let by": join(cookies, site, ours),
		} {
			if res, text := r.ask("POST", "/graphql", mutation, join(headers, []string{"Content-Type", kind})...); res.StatusCode < 400 {
				t.Errorf("%s with %s: %d %s", name, kind, res.StatusCode, text)
			}
		}
	}
	for _, kind := range forms { // even from our own page
		if res, text := r.ask("POST", "/graphql", mutation, join(cookies, ours, []string{"Content-Type", kind})...); res.StatusCode != 415 {
			t.Errorf("our page with %s: %d %s, want 415", kind, res.StatusCode, text)
		}
	}
	for path, methods := range map[string][]string{"/graphql?query=mutation{deleteToken(input:{id:%22x%22})}": {"GET", "HEAD", "PUT", "PATCH", "DELETE"}, "/api/v1/session": {"PUT", "PATCH"}} {
		for _, method := range methods {
			if res, _ := r.ask(method, path, "", join(cookies, ours)...); res.StatusCode != 405 {
				t.Errorf("%s %s: %d, want 405", method, path, res.StatusCode)
			}
		}
	}
	_, text := r.ask("POST", "/graphql", `{"query":"{systemTokens(searchFilter: \"forged\") {totalResults}}"}`, bearer(r.root)...)
	if !strings.Contains(text, `"totalResults":0`) {
		t.Errorf("a token was made: %s", text)
	}
	if _, text := r.ask("POST", "/graphql", mutation, join(cookies, ours)...); !strings.Contains(text, `"token":`) {
		t.Errorf("our own page cannot make one either, so the test shows nothing: %s", text)
	}
}

// Who proves nothing learns nothing about the schema: the answer to a name
// that exists is the answer to one that does not, but for the request's id.
func TestStrangersLearnNothingAboutTheSchema(t *testing.T) {
	r := serving(t, nil)
	text, err := os.ReadFile("../graph/testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text)) // all of the schema, nearly those, and others
	answer := func(body string, headers ...string) string {
		res, text := r.ask("POST", "/graphql", body, headers...)
		res.Header.Del("X-Request-Id")
		res.Header.Del("Date")
		return fmt.Sprint(res.StatusCode, res.Header, text)
	}
	for name, headers := range map[string][]string{"nothing": nil, "a bad token": bearer("bad")} {
		want, slower := answer(`{"query":"{nothing}"}`, headers...), ""
		for i, word := range words {
			places := []string{
				`{"query":"{` + word + `}"}`, `{"query":"{` + word + `{id}}"}`, `{"query":"mutation{` + word + `}"}`, `{"query":"{viewer{` + word + `}}"}`,
				`{"query":"{token(` + word + `:1){id}}"}`, `{"query":"query($v:` + word + `){viewer{id}}"}`, `{"query":"{__type(name:\"` + word + `\"){name}}"}`,
				`{"query":"{`, `not JSON ` + word, `[{"query":"{` + word + `}"}]`,
			}
			body := places[i%len(places)]
			got := answer(body, headers...)
			if slower == "" && strings.HasPrefix(got, "429") {
				slower = got
			}
			if got != want && got != slower {
				t.Fatalf("with %s, %s is answered\n%s\nwant\n%s", name, body, got, want)
			}
		}
	}
}

// A document cannot try many tokens: no field takes one, and lists of
// operations are refused.
func TestOneRequestTriesOneCredential(t *testing.T) {
	r := serving(t, nil)
	count := func() string {
		_, text := r.ask("GET", "/metrics", "", bearer(r.root)...)
		for line := range strings.Lines(text) {
			if strings.Contains(line, `verifications_total{outcome="malformed"}`) {
				return strings.TrimSpace(line)
			}
		}
		return ""
	}
	many := `{"query":"{` + strings.Repeat("viewer{id} ", 100) + `}"}`
	for _, body := range []string{many, "[" + many + "," + many + "]", `[]`} {
		r.ask("POST", "/graphql", body, bearer("bad")...)
	}
	if got := count(); !strings.HasSuffix(got, " 3") {
		t.Errorf("three requests with a bad token are counted as %s", got)
	}
	if res, text := r.ask("POST", "/graphql", "["+many+"]", bearer(r.root)...); res.StatusCode != 400 {
		t.Errorf("a list of operations: %d %s, want 400", res.StatusCode, text)
	}
}
