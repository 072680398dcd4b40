package web

import (
	"net"
	"net/http"
	"time"

	"tokenscale/graph/budget"
)

// pieceTime returns how long the client of an answer may take for a piece of
// it.
func pieceTime() time.Duration {
	if budget.Unbounded {
		return patience
	}
	return 10 * time.Second
}

// pieceSize is how much of an answer is written at a time, in bytes.
const pieceSize = 64 << 10

// sendBuffer is how much of its answers the kernel keeps for a connection, in
// bytes. What it keeps is memory too: by itself it takes up to four megabytes
// for each client that reads nothing.
const sendBuffer = 64 << 10

// paced gives the client of an answer pieceTime for each piece of it. So one
// that reads slowly gets all of a long answer, and one that does not read is
// cut off in seconds, however long the server worked before.
type paced struct {
	http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
}

// pace gives next a paced writer.
func pace(now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&paced{w, http.NewResponseController(w), now}, r)
	})
}

// Write implements http.ResponseWriter. The last piece may be sent when the
// handler has returned; its time holds then, too.
func (p *paced) Write(b []byte) (n int, err error) {
	for {
		piece := b[n:min(n+pieceSize, len(b))]
		// A connection that cannot do this keeps the time-out it has.
		_ = p.control.SetWriteDeadline(p.now().Add(pieceTime()))
		m, err := p.ResponseWriter.Write(piece)
		if n += m; err != nil || n == len(b) {
			return n, err
		}
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// bePatient gives a mutation time to work, until its answer is written.
func (s *Server) bePatient(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(s.o.Now().Add(patience))
}

// limitBuffer has the kernel keep little for a connection.
func limitBuffer(c *net.TCPConn) {
	if !budget.Unbounded {
		_ = c.SetWriteBuffer(sendBuffer) // or it keeps what it keeps
	}
}

// answerMemory returns the part of the memory limit that answers under way may
// take, in bytes; 0 if there is no limit.
func answerMemory(limit int64) int64 { return min(limit/6, 256<<20) }
