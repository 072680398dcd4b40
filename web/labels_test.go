package web

import (
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"testing"
)

func TestProfilesTellWhatKindOfRequestTheTimeWasSpentOn(t *testing.T) {
	for _, on := range []bool{true, false} {
		s, kind := &Server{o: Options{Labels: on}}, ""
		h := s.labelled("graphql", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			kind, _ = pprof.Label(r.Context(), "request")
		}))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		if got := kind == "graphql"; got != on {
			t.Errorf("the label is %q with labels %v", kind, on)
		}
	}
}
