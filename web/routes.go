package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"tokenscale/authn"
	"tokenscale/docs"
	"tokenscale/graph"
	"tokenscale/policy"
	"tokenscale/ui"
	"tokenscale/web/manual"
)

// routes says what stands at which address. What proxies ask is apart: it
// passes none of what stands before the others.
func (s *Server) routes() (asked, others http.Handler, _ error) {
	sessions := authn.NewSessions(s.o.Sessions, s.o.Authority.StoreID())
	page, err := ui.Page()
	if err != nil {
		return nil, nil, err
	}
	explorer, err := ui.Explorer()
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	asked = s.routeAPI(mux, sessions)
	mux.Handle("/playground", only(redirectTo(explorerPath), "GET", "HEAD"))
	mux.Handle(explorerPath, explorer)
	mux.Handle(explorerPath+"/", explorer)
	mux.Handle(manual.Path, only(manual.New(docs.Files), "GET", "HEAD"))
	mux.Handle(strings.TrimSuffix(manual.Path, "/"), only(redirectTo(manual.Path), "GET", "HEAD"))
	mux.Handle("/livez", only(http.HandlerFunc(live), "GET", "HEAD"))
	mux.Handle("/readyz", only(http.HandlerFunc(s.ready), "GET", "HEAD"))
	mux.Handle("/", page)
	return asked, tidied(mux), nil
}

// routeAPI adds what programs and the page ask, and returns what proxies ask.
func (s *Server) routeAPI(mux *http.ServeMux, sessions *authn.Sessions) (asked http.Handler) {
	s.flood = s.throttle()
	token := authn.Authenticator{Verifier: s.o.Authority, OnRefused: s.o.Authority.Refused, Throttle: s.throttle(), Log: s.o.Log}
	// A cookie counts only where the host is checked, and not where a session
	// begins. Proxies know no other refusals than 401 and 403.
	page, proxy := token, token
	page.Sessions, proxy.Plain, proxy.BeforeDelay = sessions, true, forget
	gql := graph.NewHandler(graph.Options{
		Authority: s.o.Authority, Log: s.o.Log, Version: s.o.Version,
		BeforeQuery: s.o.Authority.Door().Refresh, OnRefused: s.slowDown(), BeforeChange: s.bePatient, AnswerMemory: answerMemory(s.o.Memory),
	})
	health := policy.ReadHealth()

	asking := s.labelled("graphql", s.cors(browsersToExplorer(page.Protect(pace(s.o.Now, gql)))))
	mux.Handle("/graphql", asking)
	mux.Handle("/graphql/{$}", asking)
	for _, below := range []string{"/graphql/", "/api", "/api/"} {
		mux.HandleFunc(below, nothingThere)
	}
	mux.Handle("/api/v1/status", only(http.HandlerFunc(s.status), "GET", "HEAD"))
	mux.Handle("/api/v1/health", only(token.Protect(may(s.healthText, health)), "GET", "HEAD"))
	mux.Handle("/api/v1/health-json", only(token.Protect(may(s.healthJSON, health)), "GET", "HEAD"))
	mux.Handle("/metrics", s.labelled("metrics", only(token.Protect(may(s.newMetrics().ServeHTTP, health)), "GET", "HEAD")))
	mux.Handle("/api/v1/session", s.labelled("session", byMethod(map[string]http.Handler{
		"GET":    askSession(&page),
		"POST":   token.Protect(s.beginSession(sessions)),
		"DELETE": s.endSession(sessions),
	})))
	return s.labelled("authorize", s.authorize(&proxy))
}

// slowDown returns what is called before the answer to a request for GraphQL
// that cannot be carried out. A client that sends one now and then notices
// nothing; one that sends many must not take the processor from others.
func (s *Server) slowDown() func(context.Context) {
	bad := s.throttle().Allowing(badAtOnce, badInterval)
	return func(ctx context.Context) { bad.Delay(ctx, authn.RequestOf(ctx).IP) }
}

// How many bad requests of one client are answered at once, and how often one
// is then: as fast as a test of a client sends them, or a person.
const (
	badAtOnce   = 200
	badInterval = 50 * time.Millisecond
)

// throttle returns what slows down a client that fails. Delayed answers keep
// connections: a quarter of all, at most.
func (s *Server) throttle() *authn.Throttle {
	return authn.NewThrottle(s.o.Now, s.o.Sleep, s.o.Limit.max/4)
}

const explorerPath = "/docs/api-explorer"

// only answers other methods than the given ones with 405.
func only(next http.Handler, methods ...string) http.Handler {
	handlers := map[string]http.Handler{}
	for _, m := range methods {
		handlers[m] = next
	}
	return byMethod(handlers)
}

// byMethod chooses a handler by the method of the request.
func byMethod(handlers map[string]http.Handler) http.Handler {
	var methods []string
	for m := range handlers {
		methods = append(methods, m)
	}
	slices.Sort(methods)
	allowed := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next, ok := handlers[r.Method]
		if !ok && !isKnown(r.Method) {
			text(w, http.StatusNotImplemented, unknownMethod)
			return
		}
		if !ok {
			w.Header().Set("Allow", allowed)
			text(w, http.StatusMethodNotAllowed, "This address answers "+allowed+".")
			return
		}
		next.ServeHTTP(w, r)
	})
}
