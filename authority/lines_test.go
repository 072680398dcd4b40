package authority_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// A rotated is one line of token strings, each of which took the place of the
// one before it, beside what is to be expected of it.
type rotated struct {
	h       *authoritytest.House
	strings []string
	current token.ID
	before  token.ID     // the one in its grace period, if any
	grace   epoch.Millis // when that ends
	deleted bool
}

func (r *rotated) now() epoch.Millis { return r.h.ClockState().Now }

// inGrace reports whether a second string works.
func (r *rotated) inGrace() bool { return !r.deleted && r.before != "" && r.now() < r.grace }

func (r *rotated) rotate(t *rapid.T) {
	grace := rapid.SampledFrom([]time.Duration{0, 1, 1000, 3_600_000, 604_800_000}).Draw(t, "grace") * time.Millisecond
	next, secret, err := r.h.RotateToken(context.Background(), as(root(), "rotateSystemToken"), r.current, grace.Milliseconds())
	if (err == nil) == r.deleted {
		t.Fatalf("rotating: %v, deleted %v", err, r.deleted)
	}
	if err != nil {
		return
	}
	r.before, r.grace = r.current, r.now().Add(grace)
	r.current, r.strings = next.ID, append(r.strings, secret.Reveal())
}

// rotateOld asks for a successor of what has one already.
func (r *rotated) rotateOld(t *rapid.T) {
	if r.before == "" {
		t.Skip("there is none")
	}
	if _, _, err := r.h.RotateToken(context.Background(), as(root(), "rotateSystemToken"), r.before, 0); err == nil {
		t.Fatal("a replaced token was rotated, which makes two lines of one")
	}
}

func (r *rotated) remove(t *rapid.T) {
	if err := r.h.DeleteToken(context.Background(), as(root(), "deleteSystemToken"), r.current); (err == nil) == r.deleted {
		t.Fatalf("deleting: %v, deleted %v", err, r.deleted)
	}
	r.deleted = true
}

func (r *rotated) removeOld(t *rapid.T) {
	if !r.inGrace() {
		t.Skip("there is none")
	}
	if err := r.h.DeleteToken(context.Background(), as(root(), "deleteSystemToken"), r.before); err != nil {
		t.Fatal(err)
	}
	r.before = ""
}

func (r *rotated) passTime(t *rapid.T) {
	r.h.Clock.Pass(rapid.SampledFrom([]time.Duration{1, 999, 1000, 3_599_999, 604_800_000}).Draw(t, "ms") * time.Millisecond)
	r.h.Round(context.Background())
}

// agree counts the strings that work: none once the token was deleted, two
// while a grace period lasts, and one at all other times.
func (r *rotated) agree(t *rapid.T) {
	want, works := 0, map[int]bool{}
	if last := len(r.strings) - 1; !r.deleted {
		want, works[last] = 1, true
		if r.inGrace() {
			want, works[last-1] = 2, true
		}
	}
	got := 0
	for i, s := range r.strings {
		_, o := r.h.Verify(s, here)
		if o == policy.Accepted {
			got++
		}
		if (o == policy.Accepted) != works[i] {
			t.Fatalf("string %d of %d is %v", i+1, len(r.strings), o)
		}
	}
	if got != want || got > 2 {
		t.Fatalf("%d strings of one line work, want %d", got, want)
	}
}

func TestRotateSystemToken_InAnyOrderOfEventsAtMostTwoStringsOfALineWork(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := authoritytest.Open(t)
		first, secret := h.Token(draft("nurse"))
		r := &rotated{h: h, strings: []string{secret}, current: first.ID}
		rt.Repeat(map[string]func(*rapid.T){
			"rotate": r.rotate, "rotate again": r.rotate, "rotate the old one": r.rotateOld, "delete the old one": r.removeOld,
			"pass time": r.passTime, "reopen": func(*rapid.T) { h.Reopen() }, "": r.agree,
		})
		h.Clock.Pass(policy.Grace)
		if r.agree(rt); r.inGrace() {
			rt.Fatal("a grace period goes on")
		}
		r.remove(rt)
		r.agree(rt)
		h.Close()
	})
}
