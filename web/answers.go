package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime/pprof"

	"tokenscale/authn"
	"tokenscale/permission"
)

// text answers with a sentence.
func text(w http.ResponseWriter, status int, sentence string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	io.WriteString(w, sentence)
}

// asJSON answers with v, which must be of a kind that can always be encoded.
func asJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}

// may lets through who holds any of the permissions.
func may(next http.HandlerFunc, anyOf []permission.Permission) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := authn.Actor(r.Context())
		if err == nil {
			err = by.May(anyOf...)
		}
		if err != nil {
			text(w, http.StatusForbidden, err.Error())
			return
		}
		next(w, r)
	})
}

// labelled has profiles tell that time was spent on a kind of request, if
// there are any: it costs two allocations.
func (s *Server) labelled(kind string, next http.Handler) http.Handler {
	if !s.o.Labels {
		return next
	}
	labels := pprof.Labels("request", kind)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pprof.Do(r.Context(), labels, func(ctx context.Context) { next.ServeHTTP(w, r.WithContext(ctx)) })
	})
}

// live says that the process answers.
func live(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "alive\n") }

// ready says whether requests should be sent here. Why not is told by the
// health checks, to those who may read them.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.leaving.Load() || s.o.Store.Err() != nil || s.o.Authority.Door().Proven() != nil {
		text(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	text(w, http.StatusOK, "ready\n")
}
