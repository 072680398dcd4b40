package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// silent is a ResponseWriter that keeps only the header.
type silent struct{ h http.Header }

func (s silent) Header() http.Header         { return s.h }
func (s silent) Write(b []byte) (int, error) { return len(b), nil }
func (s silent) WriteHeader(int)             {}

// BenchmarkAuthorize measures everything between net/http and its answer.
func BenchmarkAuthorize(b *testing.B) {
	r := serving(b, func(o *settings) { o.LogLevel = slog.LevelInfo })
	_, token := r.token("nurse", "ReadHealthCheck")
	req := httptest.NewRequest("GET", authorizePath+"?permission=ReadHealthCheck", nil)
	req.RemoteAddr = "127.0.0.1:1234"
	req.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		w := silent{http.Header{}}
		r.http.Handler.ServeHTTP(w, req)
	}
}
