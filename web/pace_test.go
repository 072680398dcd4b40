package web

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// hurried is a server for which the time for a piece is over after a while: its
// clock goes behind that of the network.
func hurried(after time.Duration) *Server {
	return &Server{o: Options{Now: func() time.Time { return time.Now().Add(after - pieceTime()) }}}
}

// soon is when the time of a piece is over where nobody reads.
const soon = 200 * time.Millisecond

// long is an answer of many pieces, more than the kernel keeps.
var long = bytes.Repeat([]byte("0123456789abcdef"), 1<<20)

// servesLong answers with it, by HTTP/2 over TLS or HTTP/1.1, and tells what
// became of it.
func servesLong(t *testing.T, two bool, after, work time.Duration) (*httptest.Server, chan error) {
	a, wrote := hurried(after), make(chan error, 1)
	s := httptest.NewUnstartedServer(pace(a.o.Now, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if work > 0 {
			a.bePatient(w)
			time.Sleep(work)
		}
		_, err := w.Write(long)
		wrote <- err
	})))
	s.Config.WriteTimeout = 100 * time.Millisecond
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	if two {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, wrote
}

func bothVersions(t *testing.T, test func(t *testing.T, two bool)) {
	t.Run("HTTP/1.1", func(t *testing.T) { test(t, false) })
	t.Run("HTTP/2", func(t *testing.T) { test(t, true) })
}

func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	bothVersions(t, func(t *testing.T, two bool) {
		s, wrote := servesLong(t, two, soon, 0)
		res, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := <-wrote; err == nil {
			t.Error("all was written, although nobody read it")
		}
		if n, err := io.Copy(io.Discard, res.Body); err == nil {
			t.Errorf("all %d bytes come", n)
		}
	})
}

func TestTheTimeOfAMutationEndsWhenItsAnswerBegins(t *testing.T) {
	bothVersions(t, func(t *testing.T, two bool) {
		s, wrote := servesLong(t, two, soon, 300*time.Millisecond)
		res, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatalf("it had no time to work: %v", err)
		}
		defer res.Body.Close()
		if err := <-wrote; err == nil {
			t.Error("all was written, although nobody read it")
		}
	})
}

func TestWhoReadsSlowlyGetsAll(t *testing.T) {
	bothVersions(t, func(t *testing.T, two bool) {
		s, wrote := servesLong(t, two, 2*time.Second, 0)
		res, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var got bytes.Buffer
		for err == nil { // takes longer than one piece may, and than WriteTimeout
			_, err = io.CopyN(&got, res.Body, 512<<10)
			time.Sleep(80 * time.Millisecond)
		}
		if !errors.Is(err, io.EOF) || !bytes.Equal(got.Bytes(), long) {
			t.Errorf("%d of %d bytes came: %v", got.Len(), len(long), err)
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
	})
}
