package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newMetrics returns the handler of /metrics, with a registry of its own. It
// must ask for a token: the counts of refused credentials tell why they
// were refused, which a client must not learn.
func (s *Server) newMetrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&figures{s},
	)
	s.timed.register(r)
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// figures reads what the authority and the store count anyway, each time
// somebody asks.
type figures struct{ s *Server }

// desc describes one metric of ours.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("tokenscale_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, out) }

// Collect implements prometheus.Collector.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	f.authority(count, gauge)
	f.store(count, gauge)
	f.segments(count, gauge)
	f.clock(count, gauge)
	f.certificate(gauge)
	f.cluster(gauge)
	gauge(desc("key_file_refused", "1 while the key file, which has changed, cannot be used as it is; health says why. Alert on it."), oneIf(f.s.o.KeyFile != nil && f.s.o.KeyFile() != ""))
	gauge(desc("connections", "Clients that are connected."), float64(f.s.o.Limit.Connected()))
	gauge(desc("connections_max", "How many clients may be connected."), float64(f.s.o.Limit.max))
	count(desc("connections_refused_total", "Clients that were refused because the limit was reached."), float64(f.s.o.Limit.refused.Load()))
	gauge(desc("build_info", "Always 1; the label tells the version.", "version"), 1, f.s.o.Version)
	gauge(desc("health_state", "0 if all checks are OK, 1 if one warns, 2 if one is down."), float64(f.s.report().state))
}

type emit func(d *prometheus.Desc, v float64, labels ...string)

// authority tells of tokens, verifications and commands.
func (f *figures) authority(count, gauge emit) {
	s := f.s.o.Authority.Stats()
	verifications := desc("verifications_total", "Credentials that were judged, by outcome.", "outcome")
	for outcome, n := range s.Verifications {
		count(verifications, float64(n), outcome.String())
	}
	commands := desc("commands_total", "Changes that were asked for, by mutation and result.", "action", "result")
	for c, n := range s.Commands {
		count(commands, float64(n), c.Action, c.Result)
	}
	tokens := desc("tokens", "System tokens by state: active, or expired and not yet removed.", "state")
	gauge(tokens, float64(s.Tokens.Active), "active")
	gauge(tokens, float64(s.Tokens.Expired), "expired")
	gauge(desc("tokens_endless", "Active system tokens that never expire."), float64(s.Tokens.Endless))
	gauge(desc("ip_filters", "IP filters."), float64(s.Filters.All))
	gauge(desc("ip_filters_shut", "IP filters that let nobody in because their rules cannot be read. Alert on any."), float64(s.Filters.Shut))
	count(desc("integrity_failures_total", "Stored rows that were found not to be what the server wrote. Alert on any."), float64(s.Scrub.Bad))
	gauge(desc("store_rows_different", "Rows in etcd that are not what this node reads, as of when it last compared them. Alert on any."), float64(s.Scrub.Different))
	count(desc("scrub_rows_total", "Stored rows that were read again in the background."), float64(s.Scrub.Rows))
	count(desc("scrub_passes_total", "Walks over the whole store in the background that came to their end."), float64(s.Scrub.Passes))
	if s.Scrub.Ended != 0 {
		gauge(desc("scrub_timestamp_seconds", "When the last walk over the store ended, in seconds since 1970."), float64(s.Scrub.Ended)/1000)
	}
	expiring := desc("tokens_expiring", "Tokens that expire within so many days, but for those whose whole life is no longer and those in their grace period.", "within")
	for within, n := range s.Expiring {
		gauge(expiring, float64(n), strconv.Itoa(int(within))+"d")
	}
}

// store tells of commits and of space.
func (f *figures) store(count, gauge emit) {
	s := f.s.o.Store.Stats()
	count(desc("store_commits_total", "Commits to the disk."), float64(s.Commits))
	count(desc("store_commit_seconds_total", "Time that all commits took together."), s.Duration.Seconds())
	count(desc("store_updates_total", "Transactions committed; several share a commit."), float64(s.Updates))
	count(desc("store_refused_total", "Transactions that were refused, cancelled or did not fit."), float64(s.Refused))
	gauge(desc("store_commit_last_seconds", "Time that the last commit took."), s.LastDuration.Seconds())
	gauge(desc("store_commit_max_seconds", "Time that the longest commit took."), s.MaxDuration.Seconds())
	if !s.LastCommit.IsZero() {
		gauge(desc("store_commit_timestamp_seconds", "When the last commit ended, in seconds since 1970."), float64(s.LastCommit.UnixMilli())/1000)
	}
	gauge(desc("store_readers", "Transactions that read the store at this moment."), float64(s.Readers))
	gauge(desc("store_oldest_read_seconds", "For how long the longest of them has. While it lasts the file grows instead of using space again."), s.OldestRead.Seconds())
	gauge(desc("store_queued", "Transactions that wait for their turn."), float64(s.Queued))
	gauge(desc("store_size_bytes", "Size of the store on disk."), float64(s.Size))
	gauge(desc("store_used_bytes", "Bytes of the store that hold data."), float64(s.Used))
	count(desc("store_compactions_total", "Times that the store was compacted while it was served."), float64(s.Compactions))
	gauge(desc("store_compacting", "1 while the store is being compacted."), oneIf(s.Compacting))
	gauge(desc("store_max_bytes", "Size the store may grow to; 0 if only the disk limits it."), float64(s.MaxSize))
	gauge(desc("store_stopped", "1 if the store takes no changes: after a failure, or because its disk is read-only. Alert on it."), oneIf(f.s.o.Store.Err() != nil))
	gauge(desc("store_read_only", "1 if tokens are only verified because the disk is read-only."), oneIf(f.s.onlyRead()))
}

// segments tells of the audit log that has left the store. If it cannot be read what has, health
// warns.
func (f *figures) segments(count, gauge emit) {
	s, err := f.s.o.Authority.Archiver().State(context.Background())
	if err != nil {
		return
	}
	gauge(desc("audit_segments", "Segments of the audit log that have left the store."), float64(s.Segments))
	gauge(desc("audit_segments_entries", "Entries of the audit log in them."), float64(s.Entries))
	gauge(desc("audit_segments_files", "Files of segments in the folder of this server."), float64(s.Files))
	gauge(desc("audit_segments_bytes", "Bytes of these files."), float64(s.Bytes))
	gauge(desc("audit_segments_bad", "Segments whose file cannot be read here, because it is missing or not what was written. Alert on any."), float64(len(s.Bad)))
	count(desc("audit_segments_copy_failures_total", "Times that a file could not be brought to the second place, or not within three minutes; it is tried again each minute, and until it is there no further part of the audit log leaves the store. Alert on it."), float64(s.CopyFailures))
	count(desc("audit_segments_mended_total", "Files that were taken from the second place because they were missing or not what was written."), float64(s.Mended))
	if s.Second {
		gauge(desc("audit_segments_archived", "Number of the newest segment that is known to be in the second place. Absent without --audit-archive."), float64(s.Archived))
	}
}

// cluster tells of the nodes that share the store, if it is shared.
func (f *figures) cluster(gauge emit) {
	c, shared := f.s.o.Authority.Door().Cluster()
	if !shared {
		return
	}
	gauge(desc("cluster_nodes", "Nodes that have the store open."), float64(len(c.Nodes)))
	gauge(desc("cluster_proven", "1 while this node may answer for tokens; 0 while it may be behind the others. Alert on it."), oneIf(c.Proven))
	gauge(desc("cluster_house", "1 on the node that does what one does for all. Alert if no node has it."), oneIf(c.KeepsHouse))
	gauge(desc("cluster_members_silent", "Members of etcd that do not answer this node. Alert on any."), float64(len(c.Silent)))
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// clock tells what becomes of the clock of the machine.
func (f *figures) clock(count, gauge emit) {
	s := f.s.o.Authority.ClockState()
	gauge(desc("clock_behind_seconds", "By how much the clock is behind what it said before; 0 unless more than a minute."), s.Behind.Seconds())
	jumps := desc("clock_jumps_total", "Times the clock was set back by more than a minute, or ahead by more than an hour.", "direction")
	count(jumps, float64(s.Jumps.Back), "back")
	count(jumps, float64(s.Jumps.Ahead), "ahead")
}

// certificate tells when the certificate ends, if there is one.
func (f *figures) certificate(gauge emit) {
	if f.s.o.Certificate == nil {
		return
	}
	if s := f.s.o.Certificate.state(); !s.to.IsZero() {
		gauge(desc("tls_certificate_expiry_seconds", "When the first certificate of the chain that is shown ends, in seconds since 1970. Absent without TLS."), float64(s.to.Unix()))
	}
}
