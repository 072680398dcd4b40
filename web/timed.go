package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tokenscale/authn"
	"tokenscale/fault"
)

// A timed counts what became of requests, and how long they took. Its labels
// have a few values that are known beforehand: nothing that a client sends gets
// into a metric. It is safe for concurrent use.
type timed struct {
	authorize  *prometheus.CounterVec        // by outcome
	authorized map[string]prometheus.Counter // those of authorize
	authorizes prometheus.Histogram
	graphql    *prometheus.CounterVec // by kind and outcome
	graphqls   *prometheus.HistogramVec
}

// The outcomes of a request that was not carried out, or by authorize, by the
// status of the answer.
var byStatus = map[int]string{
	http.StatusOK:                  "ok",
	http.StatusUnauthorized:        "unauthenticated",
	http.StatusForbidden:           "forbidden",
	http.StatusTooManyRequests:     "slowed_down",
	http.StatusServiceUnavailable:  "unavailable",
	http.StatusInternalServerError: "internal",
}

// badRequest is the outcome of a request with any other status.
const badRequest = "invalid"

// The kinds of GraphQL requests. None is one that was not carried out.
var kinds = []string{"query", "mutation", "none"}

// codes are the outcomes of what GraphQL carried out, beside ok.
var codes = []fault.Code{
	fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound,
	fault.Conflict, fault.Unavailable, fault.TooLarge, fault.Internal,
}

func newTimed() *timed {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tokenscale_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: "tokenscale_" + name, Help: help, Buckets: buckets}
	}
	m := &timed{
		authorize: counter("authorize_requests_total", "Requests of /api/v1/authorize, by outcome.", "outcome"),
		authorizes: prometheus.NewHistogram(histogram("authorize_seconds", "How long /api/v1/authorize took, with the wait of those who fail again and again.",
			[]float64{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5})),
		graphql: counter("graphql_requests_total", "Requests of /graphql, by kind and by outcome: that of the first refusal, if there is one.", "kind", "outcome"),
		graphqls: prometheus.NewHistogramVec(histogram("graphql_seconds", "How long /graphql took, from the headers of the request to the end of the answer.",
			[]float64{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60}), []string{"kind"}),
	}
	m.begin()
	return m
}

// begin has all counters there from the start, so that a rule sees the first of
// a kind as a rise.
func (m *timed) begin() {
	m.authorized = map[string]prometheus.Counter{badRequest: m.authorize.WithLabelValues(badRequest)}
	for _, outcome := range byStatus {
		m.authorized[outcome] = m.authorize.WithLabelValues(outcome)
		m.graphql.WithLabelValues("none", outcome)
	}
	for _, kind := range kinds {
		m.graphqls.WithLabelValues(kind)
		for _, code := range codes {
			m.graphql.WithLabelValues(kind, strings.ToLower(string(code)))
		}
	}
	m.graphql.WithLabelValues("query", "ok")
	m.graphql.WithLabelValues("mutation", "ok")
}

func (m *timed) register(r prometheus.Registerer) {
	r.MustRegister(m.authorize, m.authorizes, m.graphql, m.graphqls)
}

// note counts a request that was answered. Redirects and the questions of
// browsers before a request are left out.
func (m *timed) note(r *http.Request, req *authn.Request, status int, took time.Duration) {
	switch {
	case r.Pattern == authorizePath:
		m.authorized[outcomeOf(status)].Inc()
		m.authorizes.Observe(took.Seconds())
	case r.Pattern == "/graphql" && r.Method != http.MethodOptions && status/100 != 3:
		kind, outcome := answered(req, status)
		m.graphql.WithLabelValues(kind, outcome).Inc()
		m.graphqls.WithLabelValues(kind).Observe(took.Seconds())
	}
}

func outcomeOf(status int) string {
	if outcome, ok := byStatus[status]; ok {
		return outcome
	}
	return badRequest
}

// answered returns what kind of request GraphQL was sent, and how it ended.
func answered(req *authn.Request, status int) (kind, outcome string) {
	kind = "none"
	if req.Kind == "query" || req.Kind == "mutation" {
		kind = req.Kind
	}
	switch {
	case req.Code != "":
		for _, code := range codes {
			if string(code) == req.Code {
				return kind, strings.ToLower(req.Code)
			}
		}
		return kind, badRequest // a document that GraphQL itself refused
	case kind == "none" || status != http.StatusOK:
		return "none", outcomeOf(status)
	}
	return kind, "ok"
}
