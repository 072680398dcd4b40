package app

import (
	"net/http"
	"net/http/pprof"
)

// routeProfiles answers with profiles of the process. They tell what the
// server spends its time and its memory on, and nothing of what it holds.
func routeProfiles(mux *http.ServeMux) {
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex", "threadcreate"} {
		mux.Handle("GET /debug/pprof/"+name, pprof.Handler(name))
	}
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
}
