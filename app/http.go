package app

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"tokenscale/authn"
	"tokenscale/graph"
	"tokenscale/policy"
	"tokenscale/ui"
)

// The time-outs of the server. A client that is slow or silent cannot hold a
// connection longer than these.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second

	// What stands in front of the body, in bytes: mostHeaders where a proxy asks
	// about the caller of another service, whose cookies come along, and
	// usualHeaders everywhere else.
	usualHeaders = 16<<10 + headerSlop
	mostHeaders  = 64 << 10
	headerSlop   = 4 << 10 // what net/http allows beyond its setting

	// patience takes the place of writeTimeout while a mutation works. A change
	// of the security policies answers when all tokens are done, and a million
	// of them take some while.
	patience = 15 * time.Minute
)

// newServer puts the handlers together.
func (a *App) newServer() (*http.Server, error) {
	routes, err := a.routes()
	if err != nil {
		return nil, err
	}
	guarded, err := a.guard(routes)
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           authn.Identify(prefixes(a.opts.TrustedProxies), a.logged(guarded)),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    mostHeaders,
		ConnState:         noteHeaders,

		// OPTIONS * has to pass the guard like all others.
		DisableGeneralOptionsHandler: true,

		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 100, WriteByteTimeout: pieceTime},
		ErrorLog:  slog.NewLogLogger(a.log.Handler(), slog.LevelDebug), // what strangers do wrong
		TLSConfig: a.tls,
	}, nil
}

// routes says what stands at which address.
func (a *App) routes() (http.Handler, error) {
	sessions, err := authn.NewSessions(a.keys.Session(), a.auth.StoreID())
	if err != nil {
		return nil, err
	}
	page, err := ui.Page()
	if err != nil {
		return nil, err
	}
	explorer, err := ui.Explorer()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	asked := a.routeAPI(mux, sessions)
	mux.Handle("/playground", only(redirectTo(explorerPath), "GET", "HEAD"))
	mux.Handle(explorerPath, explorer)
	mux.Handle(explorerPath+"/", explorer)
	mux.Handle("/livez", only(http.HandlerFunc(live), "GET", "HEAD"))
	mux.Handle("/readyz", only(http.HandlerFunc(a.ready), "GET", "HEAD"))
	mux.Handle("/", page)
	return beforeRoutes(asked, tidied(mux)), nil
}

// routeAPI adds what programs and the page ask, and returns what proxies ask.
func (a *App) routeAPI(mux *http.ServeMux, sessions *authn.Sessions) (asked http.Handler) {
	a.told = a.throttle()
	anyDoor := authn.Door{Verifier: a.auth, OnRefused: a.auth.Refused, Throttle: a.throttle(), Even: authn.NewEven(a.opts.Now), Log: a.log}
	// A cookie counts only where the host is checked, and not where a session
	// begins. Proxies know no other refusals than 401 and 403.
	door, tokenDoor, proxyDoor := anyDoor, anyDoor, anyDoor
	door.Sessions, proxyDoor.Plain = sessions, true
	gql := graph.NewHandler(graph.Options{Authority: a.auth, Log: a.log, Version: a.opts.Version.String(), OnRefused: a.slowDown(), BeforeChange: a.bePatient, AnswerMemory: answerMemory(a.opts.memory)})
	health := policy.ReadHealth()

	asking := a.cors(browsersToExplorer(door.Protect(a.pace(gql))))
	mux.Handle("/graphql", asking)
	mux.Handle("/graphql/{$}", asking)
	for _, below := range []string{"/graphql/", "/api", "/api/"} {
		mux.HandleFunc(below, nothingThere)
	}
	mux.Handle("/api/v1/status", only(http.HandlerFunc(a.status), "GET", "HEAD"))
	mux.Handle("/api/v1/health", only(tokenDoor.Protect(may(a.healthText, health)), "GET", "HEAD"))
	mux.Handle("/api/v1/health-json", only(tokenDoor.Protect(may(a.healthJSON, health)), "GET", "HEAD"))
	mux.Handle("/metrics", only(tokenDoor.Protect(may(a.newMetrics().ServeHTTP, health)), "GET", "HEAD"))
	mux.Handle("/api/v1/session", byMethod(map[string]http.Handler{
		"GET":    askSession(&door),
		"POST":   tokenDoor.Protect(a.beginSession(sessions)),
		"DELETE": a.endSession(sessions),
	}))
	return proxyDoor.Protect(http.HandlerFunc(authorize))
}

// slowDown returns what is called before the answer to a request for GraphQL
// that cannot be carried out. Who sends such a one now and then notices
// nothing; who sends many must not take the processor from others.
func (a *App) slowDown() func(context.Context) {
	bad := a.throttle().Allowing(badAtOnce, badInterval)
	return func(ctx context.Context) { bad.Delay(ctx, authn.RequestOf(ctx).IP) }
}

// How many bad requests of one client are answered at once, and how often one
// is then: as fast as a test of a client sends them, or a person.
const (
	badAtOnce   = 200
	badInterval = 50 * time.Millisecond
)

// throttle returns what slows down who fails. Answers that it holds back keep
// connections: a quarter of all, at most.
func (a *App) throttle() *authn.Throttle {
	sleep := a.opts.Sleep
	if sleep == nil {
		sleep = authn.Sleep
	}
	return authn.NewThrottle(a.opts.Now, sleep, a.crowd.room/4)
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
		if !ok {
			w.Header().Set("Allow", allowed)
			text(w, http.StatusMethodNotAllowed, "This address answers "+allowed+".")
			return
		}
		next.ServeHTTP(w, r)
	})
}
