package authority_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestVerify_AllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	h := authoritytest.Open(t)
	d := draft("x")
	d.FilterID = filter(t, h, "f", "deny 10.0.0.0/8\nallow all")
	_, secret := h.Token(d)
	_, expired := h.Token(ending(h, "old", minute))
	h.Clock.Pass(minute)
	verdict(t, h, secret, policy.Accepted)
	for name, credential := range map[string]string{"good": secret, "expired": expired, "malformed": secret[1:], "mistyped": secret[:len(secret)-6] + "000000", "empty": ""} {
		if n := testing.AllocsPerRun(1000, func() { h.Verify(credential, here) }); n >= 1 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

// Whoever mistypes a string is told from who guesses one, whatever stands at its id.
func TestVerify_AMistypedStringIsMalformedWhateverTheID(t *testing.T) {
	h := authoritytest.Open(t)
	bootstrap, _, err := h.FirstRoot(t.Context())
	must(t, err)
	_, known := h.Token(draft("known"))
	deleted, unknown := h.Token(draft("deleted"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), deleted.ID))
	for name, good := range map[string]string{"known": known, "unknown": unknown, "root": bootstrap.Reveal()} {
		for at := range good {
			for _, foreign := range "_~\x00\xff" {
				if wrong := good[:at] + string([]byte{byte(foreign)}) + good[at+1:]; wrong != good {
					verdict(t, h, wrong, policy.Malformed)
				}
			}
		}
		for at := strings.IndexByte(good, '~') + 1; at < len(good); at++ {
			wrong := []byte(good)
			wrong[at] = "01"[wrong[at]&1^1]
			if string(wrong) == good {
				t.Fatal("the test has mistyped nothing")
			}
			if by, got := h.Verify(string(wrong), here); got != policy.Malformed || by != (policy.Actor{}) {
				t.Errorf("%s, mistyped at %d: %v as %+v, want malformed", name, at, got, by)
			}
		}
	}
	verdict(t, h, known, policy.Accepted)
	verdict(t, h, unknown, policy.Unknown)
	verdict(t, h, bootstrap.Reveal(), policy.Accepted)
}

// The hash of a root token may be set from outside, and be that of any string.
func TestVerify_ARootStringWithAWrongChecksumIsRefusedThoughItsHashFits(t *testing.T) {
	good, err := token.MintFor(token.Root, rand.Reader)
	must(t, err)
	text := good.Reveal()
	mistyped := text[:len(text)-6] + "000000"
	for _, test := range []struct {
		text string
		want policy.Outcome
	}{{text, policy.Accepted}, {mistyped, policy.Malformed}} {
		hash := token.Hash(sha256.Sum256([]byte(test.text)))
		h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.RootHash = &hash }})
		verdict(t, h, test.text, test.want)
	}
}

func TestVerify_CountsEachOutcome(t *testing.T) {
	h := authoritytest.Open(t)
	_, secret := h.Token(draft("x"))
	for range 3 {
		h.Verify(secret, here)
	}
	h.Verify("nonsense", here)
	got := h.Stats()
	if got.Verifications[policy.Accepted] != 3 || got.Verifications[policy.Malformed] != 1 || got.Tokens.Active != 1 || got.Tokens.Endless != 1 {
		t.Errorf("stats: %+v", got)
	}
}

func TestVerify_ARefusedCredentialNamesItsTokenOnlyIfTheStringWasRight(t *testing.T) {
	h := authoritytest.Open(t)
	d := draft("x")
	d.FilterID = filter(t, h, "f", "allow 10.0.0.0/8")
	v, secret := h.Token(d)
	if by, outcome := h.Verify(secret, here); outcome != policy.Filtered || by.ID != v.ID || by.Permissions != 0 {
		t.Errorf("%v as %+v", outcome, by)
	}
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	if by, outcome := h.Verify(secret, here); outcome != policy.Deleted || by.ID != v.ID || by.Permissions != 0 {
		t.Errorf("%v as %+v", outcome, by)
	}
}

func benchmarkVerify(b *testing.B, want policy.Outcome, spoil func(string) string) {
	h := authoritytest.Open(b)
	h.Unchecked = true
	seed(b, h, 100_000, func(int, *token.Token) {})
	_, secret := h.Token(draft("x"))
	credential := spoil(secret)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, got := h.Verify(credential, here); got != want {
				b.Fatal(got)
			}
		}
	})
}

func BenchmarkVerifyGood(b *testing.B) {
	benchmarkVerify(b, policy.Accepted, func(s string) string { return s })
}

func BenchmarkVerifyMistyped(b *testing.B) {
	benchmarkVerify(b, policy.Malformed, func(s string) string { return s[:len(s)-1] + "_" })
}

// BenchmarkVerifyBesideItsHMAC judges one token with a filter of ten rules, and
// makes the HMAC of its string alone, in turn: so both have the same machine. The
// best thousand of each count, which nothing else disturbed.
func BenchmarkVerifyBesideItsHMAC(b *testing.B) {
	h := authoritytest.OpenWith(b, authoritytest.Setup{Options: func(o *authority.Options) { o.Now, o.Steady = time.Now, nil }})
	h.Unchecked = true
	d := draft("x")
	d.FilterID = filter(b, h, "ten", strings.Repeat("deny 10.0.0.0/8\nallow 192.168.0.0/16\ndeny 2001:db8::/32\n", 3)+"allow all")
	_, credential := h.Token(d)
	_, secret, _ := token.Parse(credential)
	alone := token.NewDigester([]byte("key"))
	contest := [2]func(){
		func() {
			if _, got := h.Verify(credential, here); got != policy.Accepted {
				b.Fatal(got)
			}
		},
		func() { alone.Digest(secret) },
	}
	best := [2]time.Duration{time.Hour, time.Hour}
	b.ReportAllocs()
	for b.Loop() {
		for i, once := range contest {
			began := time.Now()
			for range 1000 {
				once()
			}
			best[i] = min(best[i], time.Since(began))
		}
	}
	b.ReportMetric(float64(best[0].Nanoseconds())/1000, "ns/verify")
	b.ReportMetric(float64(best[1].Nanoseconds())/1000, "ns/HMAC")
	b.ReportMetric(float64(best[0])/float64(best[1]), "of-HMAC")
}

func BenchmarkCreateToken(b *testing.B) {
	h := authoritytest.Open(b)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := h.CreateToken(context.Background(), as(root(), "createSystemToken"), draft("x")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
