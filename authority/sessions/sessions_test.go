package sessions_test

import (
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/authority/rows/rowstest"
	"tokenscale/authority/sessions"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
)

const noon epoch.Millis = 1_795_435_200_000

var (
	one = policy.Session{ID: policy.SessionID{1}, IssuedAt: noon}
	two = policy.Session{ID: policy.SessionID{2}, IssuedAt: noon}
)

// signOut writes the end of a session down, after the server has run for so long.
func signOut(t *testing.T, s *sessions.Sessions, v policy.Session, ran time.Duration) {
	t.Helper()
	if err := s.WriteEnd(t.Context(), v, audit.Entry{Time: noon, Type: audit.SessionEnded, Actor: audit.System()}, ran); err != nil {
		t.Fatal(err)
	}
}

// restarted returns what a server knows that starts on the store.
func restarted(t *testing.T, db store.DB, all *rows.Rows) *sessions.Sessions {
	t.Helper()
	s := sessions.New(db, all)
	if err := db.View(t.Context(), s.Load); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhoIsSignedOutStaysSoOverARestartAndIsWrittenDownOnce(t *testing.T) {
	db, all := rowstest.Open(t), rows.New(rowstest.Keys(t, "a"))
	s := sessions.New(db, all)
	signOut(t, s, one, 0)
	signOut(t, s, one, 0)
	for when, s := range map[string]*sessions.Sessions{"at once": s, "after a restart": restarted(t, db, all)} {
		if !s.Ended(one) || s.Ended(two) {
			t.Errorf("%s: the one that was signed out has ended: %v, the other: %v", when, s.Ended(one), s.Ended(two))
		}
	}
	if err := db.View(t.Context(), func(r store.Reader) error {
		last, err := ledger.New(all).Last(r)
		if last.Seq != 1 {
			t.Errorf("there are %d entries, want 1", last.Seq)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Whoever moves the clock must not bring a copy of a cookie back to life.
func TestTheEndOfASessionIsForgottenOnlyWhenTheServerHasRunForItsLifeToo(t *testing.T) {
	db, all := rowstest.Open(t), rows.New(rowstest.Keys(t, "a"))
	s := sessions.New(db, all)
	const before = time.Hour // for which the server had run
	signOut(t, s, one, before)
	signOut(t, s, two, before)
	over := noon.Add(policy.SessionLife)
	for _, c := range []struct {
		name string
		now  epoch.Millis
		ran  time.Duration
		kept bool
	}{
		{"a moment too early", over - 1, before + policy.SessionLife, true},
		{"by a clock that was moved ahead", over.Add(1000 * time.Hour), before + policy.SessionLife - 1, true},
		{"when it would be over by both", over, before + policy.SessionLife, false},
	} {
		if err := s.Forget(t.Context(), c.now, c.ran, 1); err != nil {
			t.Fatal(err)
		}
		s := restarted(t, db, all)
		if s.Ended(one) != c.kept || s.Ended(two) != c.kept {
			t.Errorf("%s: %v and %v, want both %v", c.name, s.Ended(one), s.Ended(two), c.kept)
		}
	}
}

func TestNoSessionFromBeforeTheStoreWasPutBackCounts(t *testing.T) {
	db, all := rowstest.Open(t), rows.New(rowstest.Keys(t, "a"))
	rowstest.Write(t, db, func(w store.Writer) error { return all.Numbers.Put(w, rows.PutBackKey, uint64(noon)) })
	s := restarted(t, db, all)
	earlier := policy.Session{ID: policy.SessionID{3}, IssuedAt: noon - 1}
	if !s.Ended(earlier) || s.Ended(one) {
		t.Errorf("of before: %v, of that moment: %v", s.Ended(earlier), s.Ended(one))
	}
}

func TestEachTokenBeginsSessionsAtAPaceOfItsOwn(t *testing.T) {
	s := sessions.New(rowstest.Open(t), rows.New(rowstest.Keys(t, "a")))
	n := 0
	for ; n < 1000 && s.MayBegin("busy", noon) == 0; n++ {
	}
	wait := s.MayBegin("busy", noon)
	if n == 1000 || wait <= 0 || s.MayBegin("other", noon) != 0 {
		t.Fatalf("after %d sessions it waits %v", n, wait)
	}
	if again := s.MayBegin("busy", noon.Add(wait)); again != 0 {
		t.Errorf("after that wait it waits %v more", again)
	}
}
