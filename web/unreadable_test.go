package web

import (
	"net/netip"
	"strings"
	"testing"
)

// What a proxy wrote that nobody can read is called that, in the log, the
// metrics and the audit log.
func TestAnAddressThatNobodyCanReadIsCalledThat(t *testing.T) {
	r := serving(t, func(o *settings) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	from := func(token string) []string { return append(bearer(token), "X-Forwarded-For", "unknown") }
	filter := `{"query":"mutation { createIPFilter(input: {name: \"all\", ipFilter: \"allow all\"}) { id } }"}`
	_, text := r.ask("POST", "/graphql", filter, from(r.root)...)
	_, id, _ := strings.Cut(text, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	bound := `{"query":"mutation { createSystemToken(input: {name: \"bob\", permissions: [], ipFilterId: \"` + id + `\"}) { token } }"}`
	_, text = r.ask("POST", "/graphql", bound, bearer(r.root)...)
	_, token, _ := strings.Cut(text, `"token":"`)
	token, _, _ = strings.Cut(token, `"`)
	if res, _ := r.ask("POST", "/graphql", `{"query":"{ viewer { id } }"}`, from(token)...); res.StatusCode != 403 {
		t.Errorf("a token that has a filter gets %d, want 403", res.StatusCode)
	}
	if log := r.err.String(); strings.Count(log, "ip=unreadable") < 2 || !strings.Contains(log, "refused=unreadable") || strings.Contains(log, "invalid IP") {
		t.Errorf("the log says\n%s", log)
	}
	if _, text := r.ask("POST", "/graphql", `{"query":"{ auditEvents(limit: 10) { results { actor { ip } } } }"}`, bearer(r.root)...); !strings.Contains(text, `"ip":"unreadable"`) {
		t.Errorf("the audit log says %s", text)
	}
	if _, text := r.ask("GET", "/metrics", "", bearer(r.root)...); !strings.Contains(text, `outcome="unreadable"} 1`) {
		t.Errorf("the metrics say %s", text)
	}
}
