package policy

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

const (
	noon epoch.Millis = 1_700_000_000_000 // now, in most tests
	day               = epoch.Millis(Days)
	week              = 7 * int64(Days)
)

// open is the policy of a new installation.
var open = Fresh().System

// Where requests come from. Each place but home has a filter of its name.
var (
	home   = netip.MustParseAddr("192.0.2.1")
	office = netip.MustParseAddr("10.0.0.1")
	plant  = netip.MustParseAddr("2001:db8::1")
)

// A book is what Usable reads filters from.
type book map[ipfilter.ID]*ipfilter.Rules

func (b book) Rules(id ipfilter.ID) *ipfilter.Rules { return b[id] }

// filters returns the filters that most tests know.
func filters(t testing.TB) book {
	t.Helper()
	b := book{}
	for id, text := range map[ipfilter.ID]string{
		"office": "allow 10.0.0.0/8",
		"plant":  "allow 2001:db8::/32",
		"site":   "allow 10.0.0.0/8; allow 2001:db8::/32",
		"all":    "allow all",
		"nobody": "deny all",
	} {
		rules, err := FilterText("ipFilter", text)
		if err != nil {
			t.Fatalf("filter %s: %v", id, err)
		}
		b[id] = rules
	}
	return b
}

// holding returns the actor that holds just these permissions, for ever and
// from anywhere.
func holding(ps ...permission.Permission) Actor {
	return Actor{ID: "holder", Name: "holder", Permissions: permission.Of(ps...)}
}

// ann may do everything that a token can do.
func ann() Actor { return Actor{ID: "ann", Name: "Ann", Permissions: permission.All, IP: home} }

func until(m epoch.Millis) Expiry { return Expiry{At: &m} }

func after(amount int64, unit Unit) Expiry { return Expiry{In: &Span{Amount: amount, Unit: unit}} }

// living returns a token made at the given moment, without expiry or filter.
func living(created epoch.Millis) token.Token {
	return token.Token{ID: "t", Name: "t", Permissions: permission.Of(permission.ReadHealthCheck), CreatedAt: created, CreatedBy: "ann"}
}

// expiring returns living with an expiry.
func expiring(created, at epoch.Millis) token.Token {
	t := living(created)
	t.ExpireAt = at
	return t
}

// filtered returns living with a filter.
func filtered(created epoch.Millis, id ipfilter.ID) token.Token {
	t := living(created)
	t.FilterID = id
	return t
}

// wantRefusal fails the test unless err is a fault with the code whose message
// holds all the words.
func wantRefusal(t testing.TB, err error, code fault.Code, words ...string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != code {
		t.Errorf("got %v, want a refusal with code %s", err, code)
		return
	}
	for _, w := range words {
		if !strings.Contains(f.Message, w) {
			t.Errorf("message is %q, want %q in it", f.Message, w)
		}
	}
}

// wantField fails the test unless err refuses just the input called field, and
// the sentence about it holds all the words.
func wantField(t testing.TB, err error, code fault.Code, field string, words ...string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != code || len(f.State) != 1 || f.State[field] == "" {
		t.Errorf("got %v (%s), want a refusal with code %s of the input %s alone", err, fault.CodeOf(err), code, field)
		return
	}
	if code == fault.Invalid && f.Message != fault.InputMessage {
		t.Errorf("message is %q, want %q", f.Message, fault.InputMessage)
	}
	for _, w := range words {
		if !strings.Contains(f.State[field], w) {
			t.Errorf("%s: %q, want %q in it", field, f.State[field], w)
		}
	}
}

// mustAdmit returns the token that root gets for d, with the ID t.
func mustAdmit(t testing.TB, s Security, d Draft) token.Token {
	t.Helper()
	got, err := s.Admit(RootActor(), d, noon)
	if err != nil {
		t.Fatalf("Admit(%+v) under %+v: %v", d, s, err)
	}
	got.ID = "t"
	return got
}
