package demo

import (
	"context"
	"net/netip"
	"time"

	p "tokenscale/permission"
)

// office is where people sit who administer tokens here.
var office = netip.MustParseAddr("10.20.4.17")

// A security is what the policy for system tokens became.
type security struct {
	ago     time.Duration
	most    time.Duration // the longest life of a token
	updates bool          // whether permissions may be changed
}

var policies = []security{
	{239 * day, 730 * day, false},
	{120 * day, 400 * day, true},
}

// A filter is an IP filter that somebody made.
type filter struct {
	name  string
	ago   time.Duration
	by    string // a token; empty for root
	rules string
}

var filters = []filter{
	{"Office networks", 238 * day, "", `# Copenhagen
allow 10.20.0.0/16
# Aarhus, since the move in spring
allow 10.21.8.0/22
`},
	{"Kubernetes production", 236 * day, "", `# The guest cluster lies inside the range, so it comes first.
deny 10.64.192.0/18
allow 10.64.0.0/16      # eu-north-1
allow 2001:db8:64::/48  # the same, by IPv6
`},
	{"CI runners", 201 * day, "terraform platform", `allow 10.72.3.0/24 # hosted runners
allow 10.72.4.0/24 # runners with a graphics card
`},
	{"On-call laptops", 150 * day, "terraform platform", `# WireGuard gives each laptop an address of its own.
allow 100.64.7.0/24
`},
	{"Backup hosts", 96 * day, "terraform platform", `allow 10.9.8.7; allow 10.9.8.8
`},
	{"All but the build farm", 33 * day, "", `# Ticket OPS-2214: the farm kept old tokens.
deny 10.72.0.0/16
`},
	{"Partner network", 12 * day, "", `allow 198.51.100.0/25 # until the contract ends in March
`},
}

// A story is the life of a token. Times are before the demonstration begins,
// and ends is after it.
type story struct {
	name   string
	ago    time.Duration
	by     string // the token it was made with; empty for root
	may    []p.Permission
	filter string
	ends   time.Duration // 0: as the policy wants it
	used   time.Duration // the last time; 0 for never
	from   string        // where that came from
}

var (
	health = []p.Permission{p.ReadHealthCheck}
	ingest = []p.Permission{p.IngestAcrossAllReposWithinCluster}
	tenant = []p.Permission{p.ViewOrganizations, p.ManageOrganizations, p.ImportOrganization}
)

var tokens = []story{
	{"terraform platform", 237 * day, "", []p.Permission{p.ChangeSystemPermissions, p.ManageCluster, p.ReadHealthCheck, p.IngestAcrossAllReposWithinCluster, p.ViewOrganizations, p.ListSubdomains},
		"", 493 * day, 41 * time.Minute, "10.20.4.17"},
	{"Prometheus eu-north-1", 235 * day, "terraform platform", health, "Kubernetes production", 200 * day, 20 * time.Second, "10.64.3.11"},
	{"Prometheus eu-west-1", 235 * day, "terraform platform", health, "Kubernetes production", 200 * day, 25 * time.Second, "2001:db8:64:a::9"},
	{"Grafana: cluster overview", 221 * day, "terraform platform", health, "", 6 * day, 3 * time.Minute, "10.64.9.2"},
	{"Vector agents, production", 214 * day, "terraform platform", ingest, "Kubernetes production", 300 * day, 2 * time.Second, "10.64.40.8"},
	{"Vector agents, staging", 214 * day, "terraform platform", ingest, "", 300 * day, 7 * time.Second, "10.68.1.30"},
	{"Fluent Bit, edge sites", 188 * day, "terraform platform", ingest, "", 20 * time.Hour, 11 * time.Second, "203.0.113.40"},
	{"Filebeat, mainframe gateway", 187 * day, "", ingest, "", 150 * day, 4 * time.Hour, "10.30.0.5"},
	{"Jenkins: release pipeline", 176 * day, "terraform platform", []p.Permission{p.ManageCluster, p.ReadHealthCheck}, "CI runners", 90 * day, 52 * time.Minute, "10.72.3.19"},
	{"GitHub Actions: smoke tests", 165 * day, "terraform platform", health, "CI runners", 45 * day, 9 * time.Minute, "10.72.4.2"},
	{"On-call: Ayşe Yılmaz", 149 * day, "", []p.Permission{p.ManageCluster, p.ReadHealthCheck}, "On-call laptops", 31 * day, 26 * time.Hour, "100.64.7.12"},
	{"On-call: Søren Østergaard", 149 * day, "", []p.Permission{p.ManageCluster, p.ReadHealthCheck}, "On-call laptops", 31 * day, 5 * day, "100.64.7.14"},
	{"On-call: Marek Dvořák", 60 * day, "", []p.Permission{p.ManageCluster, p.ReadHealthCheck}, "On-call laptops", 31 * day, 0, ""},
	{"Nightly backup", 96 * day, "terraform platform", health, "Backup hosts", 160 * day, 14 * time.Hour, "10.9.8.7"},
	{"Bucket migration to eu-north-1", 80 * day, "", []p.Permission{p.ChangeBucketStorage}, "Backup hosts", 3 * day, 8 * day, "10.9.8.8"},
	{"Tenant onboarding service", 112 * day, "", tenant, "Kubernetes production", 253 * day, 17 * time.Minute, "10.64.22.5"},
	{"Tenant offboarding, two-person rule", 111 * day, "", []p.Permission{p.ViewOrganizations, p.DeleteOrganizations}, "Office networks", 60 * day, 19 * day, "10.20.4.40"},
	{"Billing export", 104 * day, "terraform platform", []p.Permission{p.ViewOrganizations}, "", 12 * day, 6 * time.Hour, "10.64.30.3"},
	{"Subdomain sync", 90 * day, "", []p.Permission{p.ListSubdomains, p.ChangeSubdomains}, "Kubernetes production", 0, 33 * time.Minute, "10.64.22.6"},
	{"SSO user rename", 77 * day, "", []p.Permission{p.ChangeUsername}, "Office networks", 88 * day, 2 * day, "10.21.8.9"},
	{"Feature flags: product team", 71 * day, "", []p.Permission{p.ChangeFeatureFlags}, "Office networks", 109 * day, 3 * time.Hour, "10.20.6.2"},
	{"Status page", 64 * day, "terraform platform", health, "", 120 * day, time.Minute, "192.0.2.80"},
	{"Datadog synthetic check", 50 * day, "terraform platform", health, "", 40 * day, 4 * time.Minute, "198.51.100.201"},
	{"Load test 2026-Q4", 29 * day, "terraform platform", []p.Permission{p.IngestAcrossAllReposWithinCluster, p.ReadHealthCheck}, "All but the build farm", 11 * time.Hour, 22 * time.Minute, "10.68.7.7"},
	{"Incident 4711: read-only access", 21 * day, "", health, "", -time.Minute, 3 * day, "10.20.4.23"},
	{"Partner: Nordlicht GmbH", 12 * day, "", ingest, "Partner network", 110 * day, 8 * time.Minute, "198.51.100.17"},
	{"Cleanup of old views", 10 * day, "", []p.Permission{p.DeleteHumioOwnedRepositoryOrView}, "Office networks", 4 * day, 9 * day, "10.20.4.17"},
	{"Organization links", 8 * day, "", []p.Permission{p.ManageOrganizationLinks, p.ViewOrganizations}, "", 0, 0, ""},
	{"Break glass: in the safe, Copenhagen", 7 * day, "", []p.Permission{p.ChangeSystemPermissions, p.ManageCluster, p.PatchGlobal}, "Office networks", 358 * day, 0, ""},
	{"Kafka bridge", 3 * day, "", ingest, "", 362 * day, 5 * time.Second, "10.64.41.1"},
	{"test, please ignore", 2 * time.Hour, "", health, "", 22 * time.Hour, 0, ""},
	{"Argo CD", 47 * time.Minute, "terraform platform", []p.Permission{p.ManageCluster, p.ReadHealthCheck}, "Kubernetes production", 150 * day, 6 * time.Minute, "10.64.5.5"},
	{"Contractor, October", 40 * day, "", ingest, "Office networks", 20 * day, 15 * day, "10.20.9.9"},
	{"Nagios, old data centre", 212 * day, "terraform platform", health, "", 120 * day, 131 * day, "10.30.0.14"},
	{"Splunk migration", 198 * day, "", ingest, "", 0, 0, ""},
}

// notes say of some tokens what they are for and whom to call.
var notes = map[string]string{
	"terraform platform":                  "Applies the platform repository, every quarter of an hour. Platform team, channel #platform.",
	"Grafana: cluster overview":           "The dashboard on the wall in Copenhagen. Renewed with the quarter.",
	"Filebeat, mainframe gateway":         "Runs on the gateway itself, which only the mainframe team may log in to: ask them before a rotation.",
	"Jenkins: release pipeline":           "Release engineering; out of hours the on-call of the week.",
	"Bucket migration to eu-north-1":      "OPS-2290. Delete it when the last bucket is moved.",
	"Tenant offboarding, two-person rule": "One person starts it, another one confirms. Legal keeps the list.",
	"Load test 2026-Q4":                   "Performance guild. Ingests into the load test repository only.",
	"Partner: Nordlicht GmbH":             "Contract ends in March. Partner management knows their operators.",
	"Contractor, October":                 "Asked for by the data team.",
}

// A change is what else happened.
type change struct {
	ago time.Duration
	do  func(context.Context, *stage) error
}

var changes = []change{
	{110 * day, func(ctx context.Context, s *stage) error { return s.rotate(ctx, "Prometheus eu-north-1", 0) }},
	{58 * day, func(ctx context.Context, s *stage) error {
		return s.allow(ctx, "Jenkins: release pipeline", p.ManageCluster, p.ReadHealthCheck, p.ListSubdomains)
	}},
	{14 * day, func(ctx context.Context, s *stage) error { return s.remove(ctx, "Contractor, October") }},
	{11 * day, func(ctx context.Context, s *stage) error {
		return s.rewrite(ctx, "Office networks", "# Copenhagen\nallow 10.20.0.0/16\n# Aarhus, since the move in spring\nallow 10.21.8.0/22\n# Malmö opens in January\nallow 10.22.0.0/22\n")
	}},
	{9 * day, func(ctx context.Context, s *stage) error {
		return s.annotate(ctx, "Nightly backup", "Storage team. If it fails twice, call their on-call.")
	}},
	{48 * time.Minute, func(ctx context.Context, s *stage) error { return s.try(ctx, "Contractor, October", "203.0.113.77") }},
	{3 * time.Hour, func(ctx context.Context, s *stage) error { return s.rotate(ctx, "Filebeat, mainframe gateway", day) }},
}
