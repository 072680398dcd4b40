package authority_test

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

// A shelf is a House whose store can be made one that is only read.
type shelf struct {
	*authoritytest.House
	*authoritytest.Gate
	record   string // the one beside the key file
	readOnly bool   // from the next start on
	accept   func(*authority.Options)
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{record: filepath.Join(t.TempDir(), "state"), Gate: &authoritytest.Gate{}, accept: func(*authority.Options) {}}
	s.House = authoritytest.OpenWith(t, authoritytest.Setup{
		Options: func(o *authority.Options) { o.StateFile = s.record; s.accept(o) },
		Store:   func(o *bolt.Options) { o.ReadOnly = s.readOnly },
		Wrap:    s.Wrap,
	})
	return s
}

// restart starts the House anew on a store that is only read, or is not.
func (s *shelf) restart(readOnly bool) { s.readOnly = readOnly; s.Reopen() }

// written returns all that a server writes to.
func (s *shelf) written(t *testing.T) [2][sha256.Size]byte {
	t.Helper()
	data := boltfile.Path(filepath.Join(s.Folder(), "data"))
	return [2][sha256.Size]byte{sha256.Sum256(read(t, data)), sha256.Sum256(read(t, s.record))}
}

func TestVerifyOnly_JudgesEveryTokenAtItsUseAndRefusesEveryChange(t *testing.T) {
	s := newShelf(t)
	h := s.House
	inside := filter(t, h, "office", "allow 10.0.0.0/8")
	_, good := h.Token(draft("good"))
	_, over := h.Token(ending(h, "over", time.Hour))
	_, ends := h.Token(ending(h, "ends", 3*time.Hour))
	bound := draft("bound")
	bound.FilterID = inside
	_, filtered := h.Token(bound)
	gone, deleted := h.Token(draft("gone"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), gone.ID))
	h.Close()
	before := s.written(t)
	h.Clock.Pass(2 * time.Hour)
	s.readOnly = true
	must(t, s.TryOpen())
	h.Start()
	judge := func(endsAs policy.Outcome) {
		t.Helper()
		verdict(t, h, good, policy.Accepted)
		verdict(t, h, over, policy.Expired)
		verdict(t, h, ends, endsAs)
		verdict(t, h, deleted, policy.Unknown)
		verdictFrom(t, h, filtered, office, policy.Accepted)
		verdict(t, h, filtered, policy.Filtered)
	}
	judge(policy.Accepted)
	_, _, err := h.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("new"))
	refusal(t, err, fault.Unavailable, "read-only, so nothing was changed")
	refusal(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), gone.ID), fault.Unavailable, "read-only")
	_, err = h.SetSecurity(t.Context(), as(root(), setAction), change(policy.Security{}))
	refusal(t, err, fault.Unavailable, "read-only")
	h.Clock.Pass(48 * time.Hour)
	judge(policy.Expired)
	h.Round(t.Context())
	must(t, h.FollowClock(t.Context()))
	h.Clock.Set(-47 * time.Hour)
	must(t, h.FollowClock(t.Context()))
	judge(policy.Expired)
	must(t, h.Scrub(t.Context()))
	h.Close()
	if s.written(t) != before {
		t.Error("something was written")
	}
	for line := range strings.Lines(h.Log.String()) {
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, "the clock of this machine has jumped") {
			t.Errorf("the log says %s", line)
		}
	}
	h.Clock.Set(47 * time.Hour)
	s.readOnly = false
	must(t, s.TryOpen())
	judge(policy.Expired)
	h.Token(draft("new"))
}

func TestVerifyOnly_TimeIsNotBehindWhatTheStoreSays(t *testing.T) {
	s := newShelf(t)
	h := s.House
	_, secret := h.Token(ending(h, "x", time.Hour))
	h.Clock.Pass(2 * time.Hour)
	h.Close()
	h.Clock.Set(-90 * time.Minute)
	s.readOnly = true
	must(t, s.TryOpen())
	verdict(t, h, secret, policy.Expired)
}

func TestVerifyOnly_ToldByTheLogWhoReadsAndWhoIsRefused(t *testing.T) {
	s := newShelf(t)
	h := s.House
	v, secret := h.Token(draft("reader"))
	s.restart(true)
	ctx := context.Background()
	for range 5 {
		_, _, err := h.Events(ctx, root(), audit.Query{Limit: 1})
		must(t, err)
		by, outcome := h.Verify(secret, here)
		if outcome != policy.Accepted {
			t.Fatal(outcome)
		}
		h.RecordRefusal(ctx, as(by, "createSystemToken"), fault.New(fault.Forbidden, "no"))
		h.Refused(ctx, policy.Actor{IP: here}, policy.Wrong)
	}
	for range 3 {
		h.Round(ctx)
	}
	for words, want := range map[string]int{
		`"actionName\":\"auditEvents\"`: 1, `\"count\":\"5\"`: 1, `\"refused\":\"no\"`: 5,
		`\"reason\":\"wrong\"`: 2, string(`\"tokenId\":\"` + v.ID + `\"`): 5,
	} {
		if got := strings.Count(h.Log.String(), words); got != want {
			t.Errorf("%s: %d times, want %d", words, got, want)
		}
	}
	if strings.Contains(h.Log.String(), secret[33:]) {
		t.Error("a string is in the log")
	}
	if t.Failed() {
		t.Log(h.Log)
	}
	s.restart(false) // the last use is forgotten
}

func TestVerifyOnly_AChangeOfPolicyBindsThoughNoRowWasBroughtUpToDate(t *testing.T) {
	s := newShelf(t)
	h := s.House
	v, secret := h.Token(draft("x"))
	set(t, h, policy.Security{})
	s.restart(true)
	verdict(t, h, secret, policy.Unknown)
	if listed(h, v.ID) || !kept(t, h, v.ID) {
		t.Error("it is listed, or its row is gone already")
	}
	s.restart(false)
	must(t, h.Mend(t.Context()))
	if kept(t, h, v.ID) {
		t.Error("its row is still there")
	}
}

// shut takes no changes, though the test can change what is below it.
type shut struct{ *under }

func (shut) Err() error { return store.ErrReadOnly }

func (shut) Update(context.Context, func(store.Writer) error, ...store.Option) error {
	return store.ErrReadOnly
}

func TestVerifyOnly_AnOlderRowPutInPlaceWhileItRunsIsNoticed(t *testing.T) {
	u, closed := &under{}, false
	h := authoritytest.OpenWith(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB {
		if u.DB = db; closed {
			return shut{u}
		}
		return u
	}})
	h.Unchecked = true
	set(t, h, policy.Security{Enabled: true, AllowUpdates: true})
	v, secret := h.Token(draft("x"))
	before := u.get(t, authority.Names.Tokens, authority.RowKey(v))
	must(t, h.UpdatePermissions(t.Context(), as(root(), "update"), v.ID, 0))
	closed = true
	h.Reopen()
	verdict(t, h, secret, policy.Accepted)
	u.put(t, authority.Names.Tokens, []byte(authority.RowKey(v)), before)
	must(t, h.Scrub(t.Context()))
	verdict(t, h, secret, policy.Damaged)
	if strings.Contains(h.Log.String(), "could not be written to the audit log") {
		t.Errorf("the log says %s", h.Log)
	}
}
