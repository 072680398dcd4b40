package web

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// constant starts a server of net/http alone, with our time-outs, which gives
// each request the answer that the caller named nurse gets: all that is left
// between it and ours is what we do ourselves.
func constant(t testing.TB, id string) (url string) {
	t.Helper()
	s := &http.Server{
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: mostHeaders,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Cache-Control", "no-store")
			h.Set("X-Token-Id", id)
			h.Set("X-Token-Name", "nurse")
			h.Set("X-Token-Permissions", "ReadHealthCheck")
			w.WriteHeader(http.StatusOK)
		}),
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return "http://" + ln.Addr().String()
}

// BenchmarkAuthorizeBesideAConstant asks ours and the constant one in turn, so
// that both have the same machine; of-constant is the rate of ours in that of
// the other. The best two hundred of each count, which nothing else disturbed.
func BenchmarkAuthorizeBesideAConstant(b *testing.B) {
	r := serving(b, func(o *settings) { o.LogLevel = slog.LevelInfo })
	q := r.usual()[0]
	id, _, _ := strings.Cut(q.token, "~")
	contest := [2]func(){r.repeating(b, q), (&running{t: b, url: constant(b, id)}).repeating(b, q)}
	best := [2]time.Duration{time.Hour, time.Hour}
	b.ReportAllocs()
	for b.Loop() {
		for i, send := range contest {
			began := time.Now()
			for range 200 {
				send()
			}
			best[i] = min(best[i], time.Since(began))
		}
	}
	b.ReportMetric(float64(best[0].Nanoseconds())/200, "ns/ours")
	b.ReportMetric(float64(best[1].Nanoseconds())/200, "ns/constant")
	b.ReportMetric(float64(best[1])/float64(best[0]), "of-constant")
}
