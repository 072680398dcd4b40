package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"
	"tokenscale/loop"

	"tokenscale/authn"
	"tokenscale/authority"
	"tokenscale/store"
)

// The time-outs of the server. A client that is slow or silent cannot hold a
// connection longer than these.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second

	// What stands in front of the body, in bytes: mostHeaders where a proxy
	// asks about the caller of another service, whose cookies come along, and
	// usualHeaders everywhere else.
	usualHeaders = 16<<10 + headerSlop
	mostHeaders  = 64 << 10
	headerSlop   = 4 << 10 // what net/http allows beyond its setting

	// patience takes the place of writeTimeout while a mutation works. A change
	// of the security policies answers when all tokens are done, and a million
	// of them take some while.
	patience = 15 * time.Minute
)

// Options say what a Server serves, and to whom. All fields are required
// unless it says otherwise.
type Options struct {
	Authority *authority.Authority
	Store     Store
	Sessions  authn.Sealer // of the cookies of the page

	Limit       *ConnLimit
	Certificate *Certificate // nil for plain HTTP

	// Listen is the address as it was set. On loopback only the server's own
	// names, and AllowedHosts, are answered.
	Listen         string
	TrustedProxies []netip.Prefix // whose X-Forwarded-… is believed; may be none
	AllowedHosts   []string       // as TidyHosts returns them; may be none
	AllowedOrigins []string       // as TidyOrigins returns them; may be none

	// Memory is what the process may use, in bytes; 0 if nobody said.
	Memory int64

	// Labels has profiles tell what kind of request the time was spent on.
	Labels bool

	// What the health checks tell of: the folder of the store, and where audit
	// entries are also written to. If they are, AuditState returns for how long
	// the write under way has been taking, and what is in the way of the next.
	Data       string
	AuditFile  string
	AuditState func() (busy time.Duration, last error)

	// KeyFile, if not nil, returns why the key file, which has changed, is not used as it is, or
	// nothing if it is.
	KeyFile func() (refused string)

	Version string
	Now     func() time.Time
	Log     *slog.Logger

	// Sleep waits before an answer that is delayed, for tests; nil means
	// [loop.Rest].
	Sleep func(context.Context, time.Duration) error
}

// A Store tells how it is.
type Store interface {
	Err() error // nil while it takes changes; store.ErrReadOnly if it is only read
	Stats() store.Stats
}

// A Server answers HTTP. It is safe for concurrent use.
type Server struct {
	o       Options
	http    *http.Server
	timed   *timed
	flood   *authn.Throttle // counts refused strangers, for what the log tells of them
	started time.Time
	leaving atomic.Bool // not ready any more
}

// New returns a server that does not listen yet.
func New(o Options) (*Server, error) {
	if o.Sleep == nil {
		o.Sleep = loop.Rest
	}
	s := &Server{o: o, timed: newTimed(), started: o.Now()}
	asked, others, err := s.routes()
	if err != nil {
		return nil, err
	}
	guarded, err := s.guard(others)
	if err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler:           byAuthorize(asked, authn.Identify(o.TrustedProxies, s.logged(guarded))),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    mostHeaders,
		ConnState:         noteHeaders,

		// OPTIONS * has to pass the guard like all others.
		DisableGeneralOptionsHandler: true,

		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 100, WriteByteTimeout: pieceTime()},
		ErrorLog:  slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug), // what strangers do wrong
		TLSConfig: o.Certificate.config(),
	}
	return s, nil
}

// Serve answers clients that connect to ln, over TLS if there is a certificate, until
// ln is closed. It always returns an error that says why it ended.
func (s *Server) Serve(ln net.Listener) error {
	ln = s.o.Limit.Listener(ln)
	if s.o.Certificate != nil {
		return s.http.ServeTLS(ln, "", "")
	}
	return s.http.Serve(ln)
}

// Leave makes the server unready: /readyz says so, and each answer ends its
// connection, so that clients go elsewhere.
func (s *Server) Leave() { s.leaving.Store(true) }

// Shutdown waits for the requests under way, until ctx ends; what is left then
// is cut off, and an error tells so. The listener must be closed before.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// Close cuts off all clients.
func (s *Server) Close() error { return s.http.Close() }
