package transport

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tokenscale/authn"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestOneCallerHasAtMostSoManyRequestsUnderWayAndOthersDoNotNotice(t *testing.T) {
	hold, inside := make(chan struct{}), make(chan struct{})
	f := InFlight(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		inside <- struct{}{}
		<-hold
	})).(*inFlight)
	ask := func(who token.ID) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/graphql", nil)
		f.ServeHTTP(w, r.WithContext(authn.WithActor(r.Context(), policy.Actor{ID: who})))
		return w
	}
	var all sync.WaitGroup
	for range maxInFlight {
		all.Go(func() { ask("greedy") })
		<-inside
	}
	w := ask("greedy")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "too many requests under way") || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Errorf("one more gets %d %v %s", w.Code, w.Header(), w.Body)
	}
	all.Go(func() {
		if w := ask("honest"); w.Code != http.StatusOK {
			t.Errorf("another gets %d", w.Code)
		}
	})
	<-inside
	close(hold)
	all.Wait()
	if len(f.underWay) != 0 {
		t.Errorf("still under way: %v", f.underWay)
	}
}
