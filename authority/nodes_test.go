package authority_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/door"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/etcd"
)

// twoNodes is a House in etcd, and another node of its store.
func twoNodes(t *testing.T) (a *authoritytest.House, b *authority.Authority) {
	t.Helper()
	if !authoritytest.OnEtcd() {
		t.Skip("it needs a store that nodes share; see CONTRIBUTING.md")
	}
	a = authoritytest.Open(t)
	b, leave, err := a.Join("b")
	must(t, err)
	t.Cleanup(func() { must(t, leave()) })
	return a, b
}

// eventually waits for what another node does by itself.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it never came: " + what)
}

func TestNodes_AreOneServerForSessionsKeysAndRevocations(t *testing.T) {
	a, b := twoNodes(t)
	v, secret := a.Token(draft("x"))
	by, outcome := b.Verify(secret, here)
	if outcome != policy.Accepted {
		t.Fatalf("at the other node it is %v", outcome)
	}
	s, _, err := b.BeginSession(by)
	must(t, err)
	if _, outcome := a.Resume(s, here); outcome != policy.Accepted {
		t.Errorf("a session of the other node is %v", outcome)
	}
	must(t, a.EndSession(t.Context(), s, by))
	if _, outcome := b.Resume(s, here); outcome == policy.Accepted {
		t.Error("a session that was signed out at one node goes on at the other")
	}
	made, _, err := keyed(a, root(), "k1", draft("once"))
	must(t, err)
	_, _, err = b.CreateToken(t.Context(), withKey(as(root(), "createSystemToken"), "k1"), draft("once"))
	repeated(t, err, made.ID, "")
	must(t, a.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	if _, outcome := b.Verify(secret, here); outcome == policy.Accepted {
		t.Error("a token that was deleted at one node is accepted at the other")
	}
	old, err := a.ReplaceRoot(t.Context())
	must(t, err)
	_, err = b.ReplaceRoot(t.Context())
	must(t, err)
	if _, outcome := a.Verify(old.Reveal(), here); outcome == policy.Accepted {
		t.Error("a root token that was replaced at one node is accepted at the other")
	}
}

func TestNodes_TheLatestUseCountsAndIsWrittenOnce(t *testing.T) {
	a, b := twoNodes(t)
	v, secret := a.Token(draft("x"))
	verdict(t, a, secret, policy.Accepted)
	a.Clock.Pass(time.Minute)
	if _, outcome := b.Verify(secret, office); outcome != policy.Accepted {
		t.Fatal(outcome)
	}
	must(t, b.FlushUses(t.Context()))
	must(t, a.Door().Refresh(t.Context()))
	written := a.DB.Stats().Updates
	must(t, a.FlushUses(t.Context()))
	got, err := a.Authority.Token(root(), v.ID)
	must(t, err)
	if got.LastUsedAt != a.Clock.Millis() || got.LastUsedFrom != office {
		t.Errorf("it was last used at %v from %v", got.LastUsedAt, got.LastUsedFrom)
	}
	if n := a.DB.Stats().Updates - written; n != 0 {
		t.Errorf("%d transactions for what the other node has written", n)
	}
}

// What time and the log ask for is done by the node that keeps house, and the other one knows.
func TestNodes_OneKeepsHouseAndTheOtherTakesOver(t *testing.T) {
	a, b := twoNodes(t)
	eventually(t, "somebody keeps house", func() bool { return a.Door().KeepsHouse() || b.Door().KeepsHouse() })
	house, other := a.Authority, b
	if b.Door().KeepsHouse() {
		house, other = b, a.Authority
	}
	a.Token(ending(a, "short", time.Hour))
	a.Clock.Pass(2 * time.Hour)
	must(t, other.Door().Refresh(t.Context()))
	other.Round(t.Context())
	if n := len(a.All()); n != 1 {
		t.Errorf("%d tokens are left after the other node's round, want 1", n)
	}
	must(t, house.Door().Refresh(t.Context()))
	house.Round(t.Context())
	if n := len(a.All()); n != 0 {
		t.Errorf("%d tokens are left", n)
	}
	c, _, err := house.Checkpoint(t.Context(), root())
	must(t, err)
	must(t, other.Door().Refresh(t.Context()))
	if size, _ := other.Newest(); size != uint64(c.Size) || size == 0 {
		t.Errorf("the other node knows of a checkpoint of %d entries, want %d", size, c.Size)
	}
}

// Three nodes start at the same time on a store that nobody has used.
func TestNodes_ThatStartAtTheSameTimeMakeOneRootToken(t *testing.T) {
	if !authoritytest.OnEtcd() {
		t.Skip("it needs a store that nodes share; see CONTRIBUTING.md")
	}
	for range 20 {
		h := authoritytest.OpenWith(t, authoritytest.Setup{})
		h.Close()
		var made atomic.Int64
		var work sync.WaitGroup
		begin := make(chan struct{})
		for _, name := range []string{"x", "y", "z"} {
			work.Go(func() {
				n, leave, err := h.Join(name)
				if err != nil {
					t.Error(err)
					return
				}
				<-begin
				_, first, err := n.FirstRoot(context.Background())
				if first {
					made.Add(1)
				}
				if err = errors.Join(err, leave()); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		work.Wait()
		if n := made.Load(); n != 1 {
			t.Fatalf("%d nodes show a first root token", n)
		}
	}
}

// A node whose clock is ten minutes off does not join, and one whose clock is set off closes.
func TestNodes_AClockThatIsOffClosesItsNode(t *testing.T) {
	a, b := twoNodes(t)
	a.Unchecked = true
	_, leave, err := a.Join("wrong", func(o *etcd.Options) {
		o.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
	})
	if !errors.Is(err, door.ErrClock) || !strings.Contains(err.Error(), "ahead of those of the other nodes") {
		t.Errorf("a clock that is 10 minutes ahead: %v", err)
	}
	if err == nil {
		must(t, leave())
	}
	var skew atomic.Int64
	c, leave, err := a.Join("c", func(o *etcd.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	})
	must(t, err)
	defer func() { must(t, leave()) }()
	a.Start()
	b.Start()
	c.Start()
	skew.Store(int64(-8 * time.Second))
	eventually(t, "the node with the wrong clock closes", func() bool { return errors.Is(c.Door().Proven(), door.ErrClock) })
	if c.Door().KeepsHouse() {
		t.Error("it keeps house all the same")
	}
	eventually(t, "the others remove nothing", func() bool { return !a.Door().ClocksAgree() })
	if err := a.Door().Clock(); err != nil {
		t.Errorf("a node whose clock is right says %v", err)
	}
	if _, outcome := c.Verify("x~y", here); outcome != policy.NotProven {
		t.Errorf("it says that a token is %v", outcome)
	}
	skew.Store(0)
	eventually(t, "it opens when its clock is right", func() bool { return c.Door().Proven() == nil })
}

// A node that would write what another one cannot read does not join.
func TestNodes_OneThatSealsUnderAKeyThatOthersLackDoesNotJoin(t *testing.T) {
	a, _ := twoNodes(t)
	join := func() error {
		_, leave, err := a.Join("c")
		if err == nil {
			must(t, leave())
		}
		return err
	}
	must(t, join())
	a.DB.(store.Shared).Describe(func() store.Node { return store.Node{Keys: []string{"00000000"}} })
	var err error
	eventually(t, "node a is known to have another key", func() bool { err = join(); return err != nil })
	if !errors.Is(err, door.ErrKeys) || !strings.Contains(err.Error(), "which the node a does not have") {
		t.Errorf("a node with another key: %v", err)
	}
}

// A key file of another cluster opens nothing here.
func TestNodes_OneWithTheKeysOfAnotherStoreDoesNotJoin(t *testing.T) {
	a, _ := twoNodes(t)
	had := read(t, a.KeyFile())
	must(t, os.Remove(a.KeyFile()))
	_, _, err := a.Join("c")
	if err == nil || !strings.Contains(err.Error(), "the key file does not belong to this store") {
		t.Errorf("a node with other keys: %v", err)
	}
	write(t, a.KeyFile(), had)
}

// Each node writes all audit lines to its own file, and seldom writes down how far that has come.
func TestNodes_EachWritesAllAuditLines(t *testing.T) {
	if !authoritytest.OnEtcd() {
		t.Skip("it needs a store that nodes share; see CONTRIBUTING.md")
	}
	sinks := map[string]*lineSink{"a": {}, "b": {}}
	a := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) {
		if o.Node == "" {
			o.Node = "a"
		}
		o.AuditSink = sinks[o.Node]
	}})
	b, leave, err := a.Join("b")
	must(t, err)
	a.Start()
	b.Start()
	const n = 60
	before := a.DB.Stats().Updates
	for i := range n {
		a.Token(draft(fmt.Sprint("x ", i)))
	}
	for name, s := range sinks {
		eventually(t, "all lines at node "+name, func() bool { return s.lines() == n })
	}
	if updates := a.DB.Stats().Updates - before; updates > n+5 {
		t.Errorf("%d transactions for %d tokens", updates, n)
	}
	must(t, leave())
	b, leave, err = a.Join("b")
	must(t, err)
	defer func() { must(t, leave()) }()
	b.Start()
	a.Token(draft("one more"))
	eventually(t, "the line after a restart", func() bool { return sinks["b"].lines() > n })
	if got := sinks["b"].lines(); got != n+1 {
		t.Errorf("%d lines after a restart, want %d", got, n+1)
	}
}

// A lineSink counts lines.
type lineSink struct{ n atomic.Int64 }

// Write implements io.Writer.
func (s *lineSink) Write(b []byte) (int, error) {
	s.n.Add(int64(bytes.Count(b, []byte("\n"))))
	return len(b), nil
}

func (s *lineSink) lines() int64 { return s.n.Load() }
