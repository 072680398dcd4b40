package authority_test

import (
	crand "crypto/rand"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
	"tokenscale/token"
)

const (
	calls = 16 // that are timed together

	// mostApart is how many nanoseconds two kinds of refusal may differ. What is
	// left are branches that one kind takes and the other does not.
	mostApart = 50
)

// welch compares two samples. Beyond 4.5 they differ, but for a chance of one
// in a hundred thousand.
func welch(a, b []float64) float64 {
	meanA, varA := moments(a)
	meanB, varB := moments(b)
	return (meanA - meanB) / math.Sqrt(varA/float64(len(a))+varB/float64(len(b)))
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(x)-1)
}

// trimmed leaves out the slowest tenth: what the machine did meanwhile.
func trimmed(x []float64) []float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[:len(x)*9/10]
}

// sample times each of the functions n times, in an order nobody can foresee.
func sample(n int, fs []func()) [][]float64 {
	dice := rand.New(rand.NewPCG(1, 2))
	out := make([][]float64, len(fs))
	for range n {
		for _, i := range dice.Perm(len(fs)) {
			began := time.Now()
			for range calls {
				fs[i]()
			}
			out[i] = append(out[i], float64(time.Since(began)))
		}
	}
	return out
}

// near returns a well-formed string of a token that is wrong in its own way.
func near(t *testing.T, good string, wrong func(string) bool) string {
	t.Helper()
	for {
		s, err := token.MintFor(token.ID(good[:32]), crand.Reader)
		must(t, err)
		if text := s.Reveal(); text != good && wrong(text) {
			return text
		}
	}
}

// sideBySide returns n strings of each kind. They lie in one piece of memory, in
// turn, or those that took more tries would lie further apart, and reading them
// would take longer.
func sideBySide(names []string, n int, kinds map[string]func(i int) string) [][]string {
	const length = 80 // of a token string, and some
	slab := make([]byte, 0, length*n*len(names))
	out := make([][]string, len(names))
	for i := range n {
		for k, name := range names {
			text := kinds[name](i)
			at := len(slab)
			slab = append(slab, text...)
			slab = slab[:at+length]
			out[k] = append(out[k], unsafe.String(&slab[at], len(text)))
		}
	}
	return out
}

// What is compared are digests, in constant time, so no letter of a string can be
// guessed from the time; and the kinds of refusal take nearly the same. SOAK=1 runs it: it needs a machine of
// its own.
func TestSoak_TheTimesOfRefusedCredentialsAreClose(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("set SOAK=1; it needs a quiet machine")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h := authoritytest.Open(t)
	// Each kind has many strings, all of other letters: to read letters takes
	// a time of its own, which tells a client only what it has sent itself.
	const strings = 256
	var live, late, gone []string
	for range strings {
		_, good := h.Token(draft("x"))
		_, ended := h.Token(ending(h, "late", time.Minute))
		deleted, dead := h.Token(draft("x"))
		must(t, h.DeleteToken(t.Context(), root(), deleted.ID, "deleteToken"))
		live, late, gone = append(live, good), append(late, ended), append(gone, dead)
	}
	h.Clock.Pass(2 * time.Minute)
	kinds := map[string]func(i int) string{
		"unknown id": func(int) string {
			_, s, err := token.Mint(crand.Reader)
			must(t, err)
			return s.Reveal()
		},
		"deleted":                     func(i int) string { return gone[i] },
		"wrong from the first letter": func(i int) string { return near(t, live[i], func(s string) bool { return s[33] != live[i][33] }) },
		"wrong later":                 func(i int) string { return near(t, live[i], func(s string) bool { return s[33] == live[i][33] }) },
		"expired":                     func(i int) string { return late[i] },
	}
	names := []string{"unknown id", "deleted", "wrong from the first letter", "wrong later", "expired"}
	dice := rand.New(rand.NewPCG(3, 4))
	var fs []func()
	for _, credentials := range sideBySide(names, strings, kinds) {
		for _, credential := range credentials {
			if _, o := h.Verify(credential, here); o == policy.Accepted || o == policy.Malformed {
				t.Fatalf("%s: %v", credential[:32], o)
			}
		}
		fs = append(fs, func() { h.Verify(credentials[dice.IntN(strings)], here) })
	}
	const n = 200_000 / calls
	times := sample(n, fs)
	for i := range names {
		mean, _ := moments(trimmed(times[i]))
		t.Logf("%s: %.1f ns", names[i], mean/calls)
		for j := range i {
			other, _ := moments(trimmed(times[j]))
			t.Logf("%s and %s: t = %.1f", names[i], names[j], welch(trimmed(times[i]), trimmed(times[j])))
			if apart := math.Abs(mean-other) / calls; apart > mostApart {
				t.Errorf("%s and %s are %.0f ns apart, want at most %d", names[i], names[j], apart, mostApart)
			}
		}
	}
	// A comparison that stops at the first difference is found out.
	naive := func(a, b string) func() {
		return func() {
			for range 64 {
				for k := range len(a) {
					if a[k] != b[k] {
						return
					}
				}
			}
		}
	}
	good := live[0]
	same := good[:76] + "_"
	control := sample(n, []func(){naive(good, "_"+good[1:]), naive(good, same)})
	if got := welch(trimmed(control[0]), trimmed(control[1])); math.Abs(got) < 10 {
		t.Errorf("the control: t = %.1f, want it found out by more than 10", got)
	} else {
		t.Logf("the control: t = %.1f", got)
	}
}
