package web

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"tokenscale/authn"
)

// logged writes one line about each request that changed something, was
// refused or went wrong; of the others only at the level debug. The line holds
// no part of the request that a token could have been pasted into: the route
// stands for the path, and a name of ours for what GraphQL was asked to do.
//
// If a handler panics, the client is told that we failed, and nothing else.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &watched{ResponseWriter: w, leaving: &s.leaving}
		defer s.answered(seen, r, authn.RequestOf(r.Context()), s.o.Now())
		next.ServeHTTP(seen, r)
	})
}

// answered notes what became of a request that began then. It must be
// deferred: it takes a panic for a failure of ours.
func (s *Server) answered(seen *watched, r *http.Request, req *authn.Request, began time.Time) {
	if v := recover(); v != nil {
		s.panicked(seen, r, req, v)
	}
	took := s.o.Now().Sub(began)
	s.timed.note(r, req, seen.status, took)
	s.logLine(r, req, seen.status, took)
}

// panicked writes down what happened, and answers if nothing was answered yet.
// A handler that panics to cut the connection gets its way.
func (s *Server) panicked(w *watched, r *http.Request, req *authn.Request, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	req.Identify(w.Header())
	s.o.Log.Error("a handler panicked", "route", r.Pattern, "request", req.ID, "panic", v, "stack", string(debug.Stack()))
	if w.status == 0 {
		text(w, http.StatusInternalServerError, "something went wrong on our side")
	}
}

func (s *Server) logLine(r *http.Request, req *authn.Request, status int, took time.Duration) {
	level := levelOf(r, status)
	if level >= slog.LevelInfo && status >= 400 && s.isFlood(req) {
		level = slog.LevelDebug
	}
	if !s.o.Log.Enabled(r.Context(), level) {
		return
	}
	line := []slog.Attr{
		slog.String("method", known(r.Method)), slog.String("route", r.Pattern), slog.Int("status", status),
		slog.Duration("took", took), slog.String("ip", req.Address()), slog.String("request", req.ID),
	}
	for _, maybe := range []slog.Attr{
		slog.String("caller", string(req.Caller())), slog.String("operation", req.Operation), slog.String("refused", req.Refused),
	} {
		if maybe.Value.String() != "" {
			line = append(line, maybe)
		}
	}
	s.o.Log.LogAttrs(r.Context(), level, "request", line...)
}

// isFlood reports whether a stranger at this address was refused so often that
// the log need not tell of it each time: it must not be theirs to fill.
func (s *Server) isFlood(req *authn.Request) bool {
	return req.Caller() == "" && s.flood.Refused(req.IP) > 0
}

// levelOf says how much a line about a request matters.
func levelOf(r *http.Request, status int) slog.Level {
	switch {
	case status == http.StatusTooManyRequests: // floods must not fill the log; they are counted
		return slog.LevelDebug
	case status >= 500 && r.Pattern != "/readyz":
		return slog.LevelWarn
	case status >= 400 || strings.HasPrefix(r.Pattern, "/graphql") || r.Pattern == "/api/v1/session":
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// known returns a method that exists; anything could stand there.
func known(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE":
		return method
	}
	return "other"
}

// watched remembers the status of an answer. While the server is leaving, an
// answer ends its connection.
type watched struct {
	http.ResponseWriter
	leaving *atomic.Bool
	status  int
}

// WriteHeader implements http.ResponseWriter.
func (w *watched) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		if w.leaving.Load() {
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *watched) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
