package web

import (
	"math"
	"net/http"
	"strconv"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/policy"
)

// beginSession gives the page a cookie for the token it was signed in with.
func (s *Server) beginSession(sessions *authn.Sessions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := authn.Actor(r.Context())
		if err != nil {
			text(w, http.StatusUnauthorized, err.Error())
			return
		}
		session, wait, err := s.o.Authority.BeginSession(by)
		switch {
		case wait > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			text(w, http.StatusTooManyRequests, "This token has begun very many sessions. Wait a few minutes and try again.")
		case fault.CodeOf(err) == fault.Unauthenticated: // deleted a moment ago
			text(w, http.StatusUnauthorized, err.Error())
		case err != nil:
			s.o.Log.ErrorContext(r.Context(), "a session could not begin", "err", err)
			text(w, http.StatusInternalServerError, "something went wrong on our side")
		default:
			sessions.Begin(w, r, session)
			done(w)
		}
	})
}

// askSession tells the page whether its visitor is signed in.
func askSession(page *authn.Authenticator) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asJSON(w, http.StatusOK, map[string]bool{"active": page.HasSession(r)})
	})
}

// endSession ends the session that the page sends, here and in the browser. The
// answer is the same whether there was one. Another site cannot make a browser
// ask for this: the request has to carry the header of our page. If the end
// cannot be written down, the answer says until when it holds.
func (s *Server) endSession(sessions *authn.Sessions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, ok := sessions.Of(r)
		if !ok {
			done(w)
			return
		}
		sessions.End(w, r)
		req := authn.RequestOf(r.Context())
		if err := s.o.Authority.EndSession(r.Context(), session, policy.Actor{IP: req.IP, RequestID: req.ID}); err != nil {
			// 503 would say that nothing was done.
			text(w, http.StatusInsufficientStorage, err.Error())
			return
		}
		done(w)
	})
}

// done answers that what was asked is done, and nothing more.
func done(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}
