package authority_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// session begins one with the string of a token.
func session(t testing.TB, h *authoritytest.House, secret string) policy.Session {
	t.Helper()
	by, outcome := h.Verify(secret, here)
	s, wait, err := h.BeginSession(by)
	if outcome != policy.Accepted || wait != 0 || err != nil {
		t.Fatalf("no session: %v, %v, %v", outcome, wait, err)
	}
	return s
}

func resumes(t testing.TB, h *authoritytest.House, s policy.Session, want policy.Outcome) {
	t.Helper()
	if _, got := h.Resume(s, here); got != want {
		t.Errorf("the session is %v, want %v", got, want)
	}
}

// guest is who asks to end a session: all that is known is from where.
func guest() policy.Actor { return policy.Actor{IP: here, RequestID: "r1"} }

// ends returns the entries of ended sessions.
func ends(h *authoritytest.House) (list []audit.Entry) {
	for _, e := range h.Trail() {
		if e.Type == audit.SessionEnded {
			list = append(list, e)
		}
	}
	return list
}

func TestSignOut_EndsThatSessionAloneAndForGood(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("x"))
	one, other := session(t, h, secret), session(t, h, secret)
	must(t, h.EndSession(t.Context(), one, guest()))
	must(t, h.EndSession(t.Context(), one, guest()))
	for range 2 {
		resumes(t, h, one, policy.SignedOut)
		resumes(t, h, other, policy.Accepted)
		verdict(t, h, secret, policy.Accepted)
		h.Reopen()
	}
	list := ends(h)
	if len(list) != 1 || list[0].Actor.TokenID != string(v.ID) || list[0].Actor.TokenName != "x" || list[0].Actor.IP != here.String() ||
		list[0].Actor.RequestID != "r1" || list[0].TokenID != string(v.ID) || list[0].Action != "signOut" {
		t.Errorf("the entries are %+v, want one", list)
	}
}

// Whoever still holds a copy is told of under the name of the token.
func TestSignOut_ALaterUseNamesTheToken(t *testing.T) {
	h := authoritytest.Open(t)
	rootSecret := newRoot(t, h)
	_, secret := h.Token(draft("x"))
	for _, secret := range []string{rootSecret, secret} {
		holder, _ := h.Verify(secret, here)
		s := session(t, h, secret)
		must(t, h.EndSession(t.Context(), s, guest()))
		by, outcome := h.Resume(s, office)
		if by.ID != holder.ID || by.Root != holder.Root || by.IP != office || len(by.Permissions.Names()) != 0 || outcome != policy.SignedOut {
			t.Errorf("got %+v, %v; want the token %s, with nothing it may do", by, outcome, holder.ID)
		}
	}
}

// The many who sign out at once, some of them twice, leave one entry each.
func TestSignOut_OfManyAtOnce(t *testing.T) {
	h := authoritytest.Open(t)
	_, secret := h.Token(draft("x"))
	var all []policy.Session
	var work sync.WaitGroup
	for range 40 {
		s := session(t, h, secret)
		all = append(all, s)
		for range 3 {
			work.Go(func() {
				if err := h.EndSession(t.Context(), s, guest()); err != nil {
					t.Error(err)
				}
				resumes(t, h, s, policy.SignedOut)
			})
		}
	}
	work.Wait()
	h.Reopen()
	for _, s := range all {
		resumes(t, h, s, policy.SignedOut)
	}
	if got := len(ends(h)); got != 40 {
		t.Errorf("%d entries for 40 sessions", got)
	}
}

func TestSignOut_OfASessionThatOnlyItsAddressStandsAgainst(t *testing.T) {
	h := authoritytest.Open(t)
	d := draft("bound")
	d.FilterID = filter(t, h, "f", "allow 10.0.0.0/8")
	_, secret := h.Token(d)
	by, _ := h.Verify(secret, office)
	s, _, err := h.BeginSession(by)
	must(t, err)
	must(t, h.EndSession(t.Context(), s, guest()))
	if _, got := h.Resume(s, office); got != policy.SignedOut {
		t.Errorf("from its own address it is %v", got)
	}
}

func TestSignOut_OfADeadSessionWritesNothing(t *testing.T) {
	h := authoritytest.Open(t)
	v, secret := h.Token(draft("x"))
	s, forged := session(t, h, secret), session(t, h, secret)
	forged.Mark[0]++
	must(t, h.EndSession(t.Context(), forged, guest()))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	must(t, h.EndSession(t.Context(), s, guest()))
	rootSession := session(t, h, newRoot(t, h))
	h.Clock.Pass(policy.SessionLife)
	must(t, h.EndSession(t.Context(), rootSession, guest()))
	if list := ends(h); len(list) != 0 {
		t.Errorf("the entries are %+v", list)
	}
}

func TestSignOut_IsForgottenWhenTheSessionWouldBeOver(t *testing.T) {
	h := authoritytest.Open(t)
	secret := newRoot(t, h)
	early := session(t, h, secret)
	must(t, h.EndSession(t.Context(), early, guest()))
	h.Clock.Pass(time.Hour)
	late := session(t, h, secret)
	must(t, h.EndSession(t.Context(), late, guest()))
	rows := func() (n int) {
		t.Helper()
		must(t, h.DB.View(t.Context(), func(r store.Reader) error {
			return r.Scan("sessions", store.Range{}, func(_, _ []byte) error { n++; return nil })
		}))
		return n
	}
	for _, step := range []struct {
		pass time.Duration
		rows int
		want policy.Outcome
	}{{policy.SessionLife - time.Hour - time.Millisecond, 2, policy.SignedOut}, {time.Millisecond, 1, policy.Expired}, {time.Hour, 0, policy.Expired}} {
		h.Clock.Pass(step.pass)
		must(t, h.ForgetSessions(t.Context()))
		if got := rows(); got != step.rows {
			t.Errorf("%d rows are kept, want %d", got, step.rows)
		}
		resumes(t, h, early, step.want)
	}
}

// A session that ends binds before the disk has answered, and a disk that takes
// nothing more is told of.
func TestSignOut_BindsAlthoughItCannotBeWritten(t *testing.T) {
	h, g := gated(t)
	_, secret := h.Token(draft("x"))
	s := session(t, h, secret)
	g.Before(func(context.Context) error { resumes(t, h, s, policy.SignedOut); return store.ErrFull })
	refusal(t, h.EndSession(t.Context(), s, guest()), fault.Unavailable, "After a restart of the server a copy of its cookie would count again, until 2026-11-24T00:00:00")
	g.Before(nil)
	resumes(t, h, s, policy.SignedOut)
}

func TestSignOut_OnAReadOnlyDiskBindsUntilTheNextStart(t *testing.T) {
	shelf := newShelf(t)
	h := shelf.House
	_, secret := h.Token(draft("x"))
	shelf.restart(true)
	s, before := session(t, h, secret), shelf.written(t)
	refusal(t, h.EndSession(t.Context(), s, guest()), fault.Unavailable, "The disk of the server is read-only")
	resumes(t, h, s, policy.SignedOut)
	if shelf.written(t) != before || !strings.Contains(h.Log.String(), "signOut") {
		t.Errorf("it was written, or the log does not tell of it:\n%s", h.Log)
	}
	shelf.restart(false)
	resumes(t, h, s, policy.Accepted) // as it was told
}

func TestSignOut_ByAClientThatIsGoneCounts(t *testing.T) {
	h := authoritytest.Open(t)
	_, secret := h.Token(draft("x"))
	s := session(t, h, secret)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, h.EndSession(ctx, s, guest()))
	h.Reopen()
	resumes(t, h, s, policy.SignedOut)
}

func TestATokenBeginsAFewHundredSessionsAndWaitsForMore(t *testing.T) {
	h := authoritytest.Open(t)
	_, secret := h.Token(draft("eager"))
	_, calm := h.Token(draft("calm"))
	by, _ := h.Verify(secret, here)
	for range 200 {
		session(t, h, secret)
	}
	_, wait, err := h.BeginSession(by)
	if wait <= 0 || wait > 2*time.Minute || err != nil {
		t.Errorf("the next one waits %v, %v", wait, err)
	}
	session(t, h, calm)
	h.Clock.Pass(wait)
	session(t, h, secret)
	if _, wait, _ := h.BeginSession(by); wait == 0 {
		t.Error("after one wait there are two sessions")
	}
}

func TestASessionSaysWhenItEnds(t *testing.T) {
	h := authoritytest.Open(t)
	rootSecret := newRoot(t, h)
	_, short := h.Token(ending(h, "short", time.Hour))
	_, long := h.Token(draft("long"))
	for secret, want := range map[string]time.Duration{short: time.Hour, long: policy.SessionLife, rootSecret: policy.SessionLife} {
		by, _ := h.Resume(session(t, h, secret), here)
		if by.SessionEnds != h.Clock.Millis().Add(want) {
			t.Errorf("%s: the session ends at %v, want in %v", by.Name, by.SessionEnds, want)
		}
		if by, _ = h.Verify(secret, here); by.SessionEnds != 0 {
			t.Errorf("%s: a string has a session that ends at %v", by.Name, by.SessionEnds)
		}
	}
}

func TestAStoreKeepsItsName(t *testing.T) {
	h, other := authoritytest.Open(t), authoritytest.Open(t)
	name := h.StoreID()
	if name == other.StoreID() || len(name) > 13 || strings.Trim(name, "0123456789abcdefghijklmnopqrstuvwxyz") != "" || name == "" {
		t.Errorf("two stores are called %q and %q", name, other.StoreID())
	}
	h.Reopen()
	if got := h.StoreID(); got != name {
		t.Errorf("after a restart it is called %q, before %q", got, name)
	}
}

// Only what proves to be an end of a session may be told apart from others.
func TestSignOut_ARowThatSomebodyElseWroteStopsTheStart(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return w.Put("sessions", make([]byte, 24), []byte("x")) }))
	h.Close()
	if err := h.TryOpen(); err == nil || errors.Is(err, store.ErrRow) {
		t.Errorf("the start is %v", err)
	}
}

// newRoot makes the first root token and returns its string.
func newRoot(t testing.TB, h *authoritytest.House) string {
	t.Helper()
	secret, made, err := h.FirstRoot(t.Context())
	if err != nil || !made {
		t.Fatalf("no root token: %v", err)
	}
	return secret.Reveal()
}
