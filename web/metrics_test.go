package web

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// alertRules returns the rules for Prometheus that docs/operations.md has.
func alertRules(t *testing.T) string {
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml\n(groups:.*?)```").FindSubmatch(text)
	if m == nil {
		t.Fatal("there are no rules in docs/operations.md")
	}
	return string(m[1])
}

func TestAlertRules_PrometheusTakesThem(t *testing.T) {
	rules := alertRules(t)
	promtool := promtool(t)
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(promtool, "check", "rules", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "SUCCESS") {
		t.Errorf("promtool check rules: %v\n%s", err, out)
	}
}

func TestAlertRules_EveryMetricIsThereFromTheStart(t *testing.T) {
	r := servingTLS(t, t.TempDir(), nil)
	_, text := r.ask("GET", "/metrics", "", bearer(r.root)...)
	names := regexp.MustCompile(`tokenscale_\w+`).FindAllString(alertRules(t), -1)
	if len(names) < 15 {
		t.Errorf("only %d metrics are in the rules", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(text) {
			t.Errorf("%s is in a rule and not among the metrics", name)
		}
	}
	for _, selected := range regexp.MustCompile(`(?:within|outcome|kind)="(\w+)"`).FindAllString(alertRules(t), -1) {
		if !strings.Contains(text, selected) {
			t.Errorf("%s is in a rule and on no metric", selected)
		}
	}
}

func TestMetrics_PromtoolFindsNothingToSay(t *testing.T) {
	r := serving(t, nil)
	_, text := r.ask("GET", "/metrics", "", bearer(r.root)...)
	check := exec.Command(promtool(t), "check", "metrics")
	check.Stdin = strings.NewReader(text)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// promtool returns the path of Prometheus' tool. Where it is missing and may be
// installed, it is.
func promtool(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil && os.Geteuid() == 0 {
		if out, failed := exec.Command("apt-get", "install", "-y", "--no-install-recommends", "prometheus").CombinedOutput(); failed != nil {
			t.Logf("prometheus could not be installed: %v\n%s", failed, bytes.TrimSpace(out))
		}
		path, err = exec.LookPath("promtool")
	}
	if err != nil {
		t.Skip("promtool is missing (Debian package prometheus): what Prometheus says of this is not tried")
	}
	return path
}

func TestMetrics_CountWhatBecameOfRequests(t *testing.T) {
	r := serving(t, nil)
	_, clerk := r.token("clerk", "ChangeUsername")
	r.ask("POST", "/graphql", `{"query":"query AQueryWithAName { viewer { id } }"}`, bearer(r.root)...)
	r.ask("POST", "/graphql", `{"query":"{ nothing }"}`, bearer(r.root)...)
	r.ask("POST", "/graphql", `{"query":"{ systemTokens { totalResults } }"}`, bearer(clerk)...)
	r.ask("POST", "/graphql", `{`, bearer(clerk)...)
	r.ask("POST", "/graphql", `{"query":"{ viewer { id } }"}`, bearer("nobody")...)
	r.ask("GET", "/graphql", "", "Accept", "text/html")
	r.ask("GET", authorizePath, "", bearer(clerk)...)
	r.ask("GET", authorizePath+"?permission=ManageCluster", "", bearer(clerk)...)
	r.ask("GET", authorizePath+"?permissions=ManageCluster", "", bearer(clerk)...)
	r.ask("GET", authorizePath, "")
	_, text := r.ask("GET", "/metrics", "", bearer(r.root)...)
	for _, want := range []string{
		`tokenscale_graphql_requests_total{kind="mutation",outcome="ok"} 1`,
		`tokenscale_graphql_requests_total{kind="query",outcome="ok"} 1`,
		`tokenscale_graphql_requests_total{kind="query",outcome="forbidden"} 1`,
		`tokenscale_graphql_requests_total{kind="none",outcome="invalid"} 2`,
		`tokenscale_graphql_requests_total{kind="none",outcome="unauthenticated"} 1`,
		`tokenscale_graphql_seconds_count{kind="query"} 2`,
		`tokenscale_authorize_requests_total{outcome="ok"} 1`,
		`tokenscale_authorize_requests_total{outcome="forbidden"} 1`,
		`tokenscale_authorize_requests_total{outcome="invalid"} 1`,
		`tokenscale_authorize_requests_total{outcome="unauthenticated"} 1`,
		`tokenscale_authorize_seconds_count 4`,
		`tokenscale_tokens_expiring{within="1d"} 0`, `tokenscale_tokens_expiring{within="7d"} 0`, `tokenscale_tokens_expiring{within="30d"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics do not say %s, but\n%s", want, strings.Join(regexp.MustCompile(`(?m)^tokenscale_(graphql|authorize)_requests.* [1-9].*$`).FindAllString(text, -1), "\n"))
		}
	}
	for _, never := range []string{"AQueryWithAName", "soonest", clerk} {
		if strings.Contains(text, never) {
			t.Errorf("the metrics say %s", never)
		}
	}
}
