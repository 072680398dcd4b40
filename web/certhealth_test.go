package web

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestCertCheck(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	left := func(life, left time.Duration) certState {
		return certState{from: now.Add(left - life), to: now.Add(left), life: life}
	}
	stale := left(90*day, 60*day)
	stale.stale = true
	tests := []struct {
		name string
		of   certState
		want state
	}{
		{"a year, of which two weeks are left", left(365*day, 14*day), ok},
		{"a year, of which less than two weeks are left", left(365*day, 14*day-time.Second), warn},
		{"ninety days, of which a tenth is left", left(90*day, 9*day), ok},
		{"ninety days, of which less than a tenth is left", left(90*day, 9*day-time.Second), warn},
		{"six hours, of which half is left", left(6*time.Hour, 3*time.Hour), ok},
		{"six hours, of which half an hour is left", left(6*time.Hour, 30*time.Minute), warn},
		{"a second before the end", left(90*day, time.Second), warn},
		{"the end", left(90*day, 0), down},
		{"long after it", left(90*day, -90*day), down},
		{"not valid yet", left(90*day, 91*day), down},
		{"new files that cannot be used", stale, warn},
		{"no certificate that can be read", certState{}, down},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := certCheck(now, test.of, "cert.pem"); got.state != test.want {
				t.Errorf("%s, want %v", got.line(), test.want)
			}
		})
	}
}

// A server says what becomes of its certificate, also if nobody connects anew:
// the request for the health comes over one connection.
func TestHealthNamesACertificateThatEndsOrCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	var ahead atomic.Int64 // of the clock
	r := servingTLS(t, folder, func(o *settings) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	expect := func(want state, when string) {
		t.Helper()
		ahead.Add(int64(lookEvery))
		_, text := r.ask("GET", "/api/v1/health", "", bearer(r.root)...)
		if !strings.Contains(text, "tls-certificate ["+want.String()+"]") {
			t.Errorf("%s:\n%s\nwant the certificate %v", when, text, want)
		}
	}
	expect(ok, "at the start")
	if _, text := r.ask("GET", "/metrics", "", bearer(r.root)...); !strings.Contains(text, "\ntokenscale_tls_certificate_expiry_seconds ") {
		t.Error("no metric says when the certificate ends")
	}
	cert := filepath.Join(folder, "cert.pem")
	old, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	overwrite := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(cert, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overwrite([]byte("half a certificate"))
	expect(warn, "after a change that cannot be read")
	overwrite(old)
	expect(ok, "after the old text is back")
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(cert, cert+".away")
	expect(warn, "after the file is gone")
	move(cert+".away", cert)
	expect(ok, "after the very file is back")
	ahead.Store(int64(58 * time.Minute)) // of the hour that is left of two
	expect(warn, "two minutes before the end")
	ahead.Store(int64(61 * time.Minute))
	expect(down, "after the end")
	if res, _ := r.ask("GET", "/readyz", ""); res.StatusCode != 200 {
		t.Errorf("/readyz says %d: whoever does not check the certificate is served", res.StatusCode)
	}
	ahead.Store(0)
	writePair(t, folder, "second")
	ahead.Store(int64(30 * time.Minute))
	expect(ok, "after a new one was put in its place")
}
