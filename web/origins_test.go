package web

import (
	"strings"
	"testing"
)

func TestOtherSites(t *testing.T) {
	r := serving(t, func(o *settings) { o.AllowedOrigins = []string{"https://console.example.org"} })
	const query = `{"query":"{viewer{username}}"}`
	friend := []string{"Origin", "https://console.example.org", "Sec-Fetch-Site", "cross-site"}
	stranger := []string{"Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"}
	tests := []struct {
		name         string
		method, path string
		body         string
		headers      []string
		status       int
		cors         bool // the answer lets the site read it
	}{
		{"our own page", "POST", "/graphql", query, append([]string{"Sec-Fetch-Site", "same-origin"}, bearer(r.root)...), 200, false},
		{"no browser at all", "POST", "/graphql", query, bearer(r.root), 200, false},
		{"a stranger's page", "POST", "/graphql", query, append(stranger, bearer(r.root)...), 403, false},
		{"a stranger's page that hides where it is from", "POST", "/graphql", query, append([]string{"Origin", "null"}, bearer(r.root)...), 403, false},
		{"a stranger's page signing somebody out", "DELETE", "/api/v1/session", "", stranger, 403, false},
		{"a stranger's preflight", "OPTIONS", "/graphql", "", append([]string{"Access-Control-Request-Method", "POST"}, stranger...), 401, false},
		{"a friend's preflight", "OPTIONS", "/graphql", "", append([]string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type"}, friend...), 204, true},
		{"a friend's page", "POST", "/graphql", query, append(friend, bearer(r.root)...), 200, true},
		{"a friend's page by GET", "GET", "/graphql?query={viewer{id}}", "", append(friend, bearer(r.root)...), 200, true},
		{"a friend's page with a bad token", "POST", "/graphql", query, append(friend, bearer("x")...), 401, true},
		{"a proxy asking about a stranger's request", "POST", "/api/v1/authorize", "", append(stranger, bearer(r.root)...), 200, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res, text := r.ask(test.method, test.path, test.body, test.headers...)
			origin := res.Header.Get("Access-Control-Allow-Origin")
			if res.StatusCode != test.status || (origin != "") != test.cors {
				t.Errorf("got %d %q, allowed origin %q; want %d, %v", res.StatusCode, text, origin, test.status, test.cors)
			}
			if res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("cookies are allowed from another site, want them never to be")
			}
		})
	}
}

// Programs with an origin of their own bring a token; what a page of the web can
// make a browser send in somebody's name gets in nowhere.
func TestBrowserExtensionsAndDesktopClients(t *testing.T) {
	named := serving(t, func(o *settings) { o.AllowedOrigins = []string{"null", "file://"} })
	plain := serving(t, nil)
	const query = `{"query":"{viewer{username}}"}`
	session := func(r *running) []string {
		res, _ := r.ask("POST", "/api/v1/session", "", bearer(r.root)...)
		return []string{"Cookie", res.Cookies()[0].String(), "X-Requested-By", "tokenscale"}
	}
	for origin, want := range map[string]struct{ plain, named int }{
		"chrome-extension://gighmmpiobklfepjocnamgkkbiglidom":       {200, 200},
		"moz-extension://6f3b2c1e-9d6a-4b8e-8a57-0f1e2d3c4b5a":      {200, 200},
		"safari-web-extension://6F3B2C1E-9D6A-4B8E-8A57-0F1E2D3C4B": {200, 200},
		"altair://-":                           {200, 200},
		"tauri://localhost":                    {200, 200},
		"file://":                              {403, 200},
		"null":                                 {403, 200},
		"https://evil.test":                    {403, 403},
		"http://localhost:1":                   {403, 403},
		"file://localhost":                     {403, 403},
		"https://chrome-extension://x":         {403, 403},
		"HTTPS://evil.test":                    {403, 403},
		"ws://evil.test":                       {403, 403},
		"chrome-extension://x, https://a.test": {403, 403},
		"chrome-extension://":                  {403, 403},
	} {
		for r, status := range map[*running]int{plain: want.plain, named: want.named} {
			from := []string{"Origin", origin, "Sec-Fetch-Site", "cross-site"}
			res, text := r.ask("POST", "/graphql", query, append(from, bearer(r.root)...)...)
			if allowed := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != status || (allowed == origin) != (status == 200) || res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s with a token: %d %q, allowed %q; want %d", origin, res.StatusCode, text, allowed, status)
			}
			for what, headers := range map[string][]string{"with a session": session(r), "with nothing": nil, "with a password": {"Authorization", "Basic eDp5"}, "with half a header": {"Authorization", "Bearer"}} {
				if res, text := r.ask("POST", "/graphql", query, append(from, headers...)...); res.StatusCode != 403 && what != "with half a header" || res.StatusCode == 200 {
					t.Errorf("%s %s: %d %q, want it kept out", origin, what, res.StatusCode, text)
				}
			}
			if res, text := r.ask("POST", "/api/v1/session", "", append(from, bearer(r.root)...)...); res.StatusCode != 403 || len(res.Cookies()) != 0 {
				t.Errorf("%s begins a session: %d %q", origin, res.StatusCode, text)
			}
			res, _ = r.ask("OPTIONS", "/graphql", "", append(from, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "apollographql-client-name,authorization,content-type,x-apollo-operation-name")...)
			if got := res.Header.Get("Access-Control-Allow-Headers"); (got == "apollographql-client-name,authorization,content-type,x-apollo-operation-name") != (status == 200) || (res.StatusCode == 204) != (status == 200) {
				t.Errorf("%s: the preflight is %d and allows %q, want what it asks for: %v", origin, res.StatusCode, got, status == 200)
			}
		}
	}
}

func TestAPreflightGetsTheHeadersItAsksForAndNothingElse(t *testing.T) {
	r := serving(t, func(o *settings) { o.AllowedOrigins = []string{"https://console.example.org"} })
	for asked, want := range map[string]string{
		"authorization": "authorization", "Authorization, X-Anything, traceparent": "Authorization, X-Anything, traceparent", "": "",
		"a b": "", "a,,b": "", "x<script>": "", "a,": "", strings.Repeat("a", 3000): "",
	} {
		res, _ := r.ask("OPTIONS", "/graphql", "", "Origin", "https://console.example.org", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", asked)
		if got := res.Header.Get("Access-Control-Allow-Headers"); res.StatusCode != 204 || got != want || !strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), "GET") {
			t.Errorf("asked for %.40q: %d, %q; want 204, %q", asked, res.StatusCode, got, want)
		}
	}
	res, _ := r.ask("POST", "/graphql", `{"query":"{viewer{id}}"}`, append([]string{"Origin", "https://console.example.org"}, bearer(r.root)...)...)
	if got := res.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Retry-After") {
		t.Errorf("scripts may read %q, want Retry-After among it", got)
	}
}
