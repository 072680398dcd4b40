package authority_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
	"tokenscale/token"
)

// A sink takes audit lines, or blocks, or fails after some bytes.
type sink struct {
	mu    sync.Mutex
	got   bytes.Buffer
	room  int           // bytes it takes before it fails once; negative for all
	block chan struct{} // nil, or it waits until this is closed
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	block := s.block
	s.mu.Unlock()
	if block != nil {
		<-block
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room >= 0 && len(p) > s.room {
		n, _ := s.got.Write(p[:s.room])
		s.room = -1
		return n, errors.New("no room")
	}
	return s.got.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

func writingTo(t *testing.T, s *sink) *authoritytest.House {
	t.Helper()
	return authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.AuditSink = s }})
}

// exactly fails the test unless the lines are the trail, each entry once.
func exactly(t *testing.T, h *authoritytest.House, s *sink) {
	t.Helper()
	var want []string
	for _, e := range slices.Backward(h.Trail()) {
		b, err := json.Marshal(e)
		must(t, err)
		want = append(want, string(b))
	}
	got := strings.Split(strings.TrimSuffix(s.String(), "\n"), "\n")
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("lines (-got +want):\n%s", diff)
	}
}

func TestAuditLines_AreExactlyTheTrail(t *testing.T) {
	s := &sink{room: -1}
	h := writingTo(t, s)
	h.Start()
	for range 20 {
		h.Token(draft("line \u2028 }{\""))
	}
	h.Reopen()
	h.Token(draft("more \u2028 }{"))
	h.Reopen()
	exactly(t, h, s)
}

func TestAuditLines_ManyComeInBatches(t *testing.T) {
	s := &sink{room: -1}
	h := writingTo(t, s)
	seed(t, h, 2500, func(int, *token.Token) {})
	set(t, h, policy.Security{})
	h.Reopen()
	if got := strings.Count(s.String(), "\n"); got != 2501 {
		t.Errorf("%d lines, want 2501", got)
	}
}

func TestAuditLines_ALineCutByAFailureIsCompleted(t *testing.T) {
	s := &sink{room: 100}
	h := writingTo(t, s)
	h.Token(draft("x"))
	h.Token(draft("y"))
	if err := h.Authority.Close(t.Context()); err == nil {
		t.Error("the failure was not reported")
	}
	must(t, h.Authority.Close(t.Context()))
	exactly(t, h, s)
}

func TestAuditLines_ABlockedSinkDelaysNobodyAndLosesNothing(t *testing.T) {
	s := &sink{room: -1, block: make(chan struct{})}
	h := writingTo(t, s)
	h.Start()
	for range 10 {
		h.Token(draft("x"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := h.Authority.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close says %v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("Close waited %v for a sink that blocks", took)
	}
	h.Crash()
	s.mu.Lock()
	close(s.block)
	s.block = nil
	s.mu.Unlock()
	time.Sleep(10 * time.Millisecond) // what was blocked comes through now, after the end
	must(t, h.TryOpen())
	must(t, h.Authority.Close(t.Context()))
	seen := map[string]bool{}
	for line := range strings.Lines(s.String()) {
		seen[line] = true
	}
	if len(seen) != 10 {
		t.Errorf("%d different lines, want 10", len(seen))
	}
}
