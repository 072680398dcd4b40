package authn_test

import (
	crand "crypto/rand"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"tokenscale/authn"
	"tokenscale/authority/authoritytest"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// alike is what Welch's t of two kinds of refusal may be.
const alike = 4.5

// near returns a well-formed string of a token that is wrong in its own way.
func near(t *testing.T, good string, wrong func(string) bool) string {
	t.Helper()
	for {
		s, err := token.MintFor(token.ID(good[:32]), crand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if text := s.Reveal(); text != good && wrong(text) {
			return text
		}
	}
}

// sideBySide returns n strings of each kind. They lie in one piece of memory, in
// turn, or those that took more tries would lie further apart, and reading them
// would take longer.
func sideBySide(names []string, n int, kinds map[string]func(i int) string) [][]string {
	const length = 96 // of a header with a token string, and some
	slab := make([]byte, 0, length*n*len(names))
	out := make([][]string, len(names))
	for i := range n {
		for k, name := range names {
			text := "Bearer " + kinds[name](i)
			at := len(slab)
			slab = append(slab, text...)
			slab = slab[:at+length]
			out[k] = append(out[k], unsafe.String(&slab[at], len(text)))
		}
	}
	return out
}

// What is compared are digests, in constant time, so no letter of a string can
// be guessed from the time; and all refusals take the same. SOAK=1 runs it: it
// needs a machine of its own.
func TestSoak_TheTimesOfRefusedCredentialsAreTheSame(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("set SOAK=1; it needs a quiet machine")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h := authoritytest.Open(t)
	names, credentials := refusedCredentials(t, h)
	even := times(t, h, authn.NewEven(time.Now), credentials)
	for i := range names {
		mean, _ := moments(trimmed(even[i]))
		t.Logf("%s: %.1f ns", names[i], mean)
		for j := range i {
			got := welch(trimmed(even[i]), trimmed(even[j]))
			t.Logf("%s and %s: t = %.1f", names[i], names[j], got)
			if math.Abs(got) > alike {
				t.Errorf("%s and %s take different times: t = %.1f", names[i], names[j], got)
			}
		}
	}
	control(t, h, credentials)
}

// refusedCredentials returns the names of the kinds of them, and strings of each
// kind. Each has many strings, all of other letters: to read letters takes a
// time of its own, which tells a client only what it has sent itself.
func refusedCredentials(t *testing.T, h *authoritytest.House) ([]string, [][]string) {
	t.Helper()
	const strings = 256
	health := permission.Of(permission.ReadHealthCheck)
	ending := policy.Draft{Name: "late", Permissions: health}
	soon := h.Clock.Millis().Add(time.Minute)
	ending.Expiry.At = &soon
	var live, late, gone []string
	for range strings {
		_, good := h.Token(policy.Draft{Name: "x", Permissions: health})
		_, ended := h.Token(ending)
		deleted, dead := h.Token(policy.Draft{Name: "x", Permissions: health})
		if err := h.DeleteToken(t.Context(), authoritytest.Root(), deleted.ID, "deleteToken"); err != nil {
			t.Fatal(err)
		}
		live, late, gone = append(live, good), append(late, ended), append(gone, dead)
	}
	h.Clock.Pass(2 * time.Minute)
	names := []string{"unknown id", "deleted", "wrong from the first letter", "wrong later", "expired"}
	return names, sideBySide(names, strings, map[string]func(i int) string{
		"unknown id": func(int) string {
			_, s, err := token.Mint(crand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			return s.Reveal()
		},
		"deleted":                     func(i int) string { return gone[i] },
		"wrong from the first letter": func(i int) string { return near(t, live[i], func(s string) bool { return s[33] != live[i][33] }) },
		"wrong later":                 func(i int) string { return near(t, live[i], func(s string) bool { return s[33] == live[i][33] }) },
		"expired":                     func(i int) string { return late[i] },
	})
}

// times sends the credentials through a door.
func times(t *testing.T, h *authoritytest.House, even *authn.Even, credentials [][]string) [][]float64 {
	t.Helper()
	door := authn.Door{Verifier: h, OnRefused: h.Refused, Even: even, Log: slog.New(slog.DiscardHandler)}
	protected := door.Protect(http.NotFoundHandler())
	r, w := request(), &nowhere{header: http.Header{}}
	out := sample(200_000, credentials,
		func(credential string) { r.Header["Authorization"][0] = credential },
		func(string) { protected.ServeHTTP(w, r) })
	if w.status != http.StatusUnauthorized {
		t.Fatalf("the answer was %d", w.status)
	}
	return out
}

// request returns one that was identified already.
func request() (identified *http.Request) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Header.Set("Authorization", "")
	authn.Identify(nil, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { identified = r })).ServeHTTP(httptest.NewRecorder(), r)
	return identified
}

// nowhere is where answers go that nobody reads.
type nowhere struct {
	header http.Header
	status int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(status int)      { n.status = status }

// control makes sure that differences are found out: those of a door that is not
// even, and a comparison that stops at the first letter that differs.
func control(t *testing.T, h *authoritytest.House, credentials [][]string) {
	t.Helper()
	uneven := times(t, h, nil, credentials)
	farthest := 0.0
	for i := range uneven {
		for j := range i {
			farthest = max(farthest, math.Abs(welch(trimmed(uneven[i]), trimmed(uneven[j]))))
		}
	}
	good := credentials[0][0][len("Bearer "):]
	naive := sample(200_000, [][]string{{"_" + good[1:]}, {good[:76] + "_"}}, func(string) {}, func(text string) {
		for range 64 {
			for k := range len(good) {
				if text[k] != good[k] {
					break
				}
			}
		}
	})
	found := math.Abs(welch(trimmed(naive[0]), trimmed(naive[1])))
	t.Logf("the controls: t = %.1f at a door that is not even, %.1f of a naive comparison", farthest, found)
	if farthest < 10 || found < 10 {
		t.Error("want both controls found out by more than 10")
	}
}
