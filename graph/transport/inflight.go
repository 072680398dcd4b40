package transport

import (
	"net/http"
	"sync"

	"tokenscale/token"
)

// InFlight bounds how many requests of one caller are under way in next. It
// is safe for concurrent use.
func InFlight(next http.Handler) http.Handler {
	return &inFlight{next: next, underWay: map[token.ID]int{}}
}

// inFlight bounds how many requests of one caller are under way, from before
// their bodies are read until their answers are sent, however many connections
// the caller has. Each takes memory, and one whose answer is not read takes it
// for long.
type inFlight struct {
	next http.Handler

	mu       sync.Mutex
	underWay map[token.ID]int
}

// ServeHTTP implements http.Handler.
func (f *inFlight) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := asker(r.Context())
	if !f.enter(who) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", answerType(r.Header.Values("Accept"))+"; charset=utf-8")
		tooMany.write(w)
		return
	}
	defer f.leave(who)
	f.next.ServeHTTP(w, r)
}

func (f *inFlight) enter(who token.ID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.underWay[who] >= maxInFlight {
		return false
	}
	f.underWay[who]++
	return true
}

func (f *inFlight) leave(who token.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.underWay[who]--; f.underWay[who] == 0 {
		delete(f.underWay, who)
	}
}
