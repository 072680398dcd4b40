package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenscale/app"
	"tokenscale/token"
)

// FuzzConfig gives the program any command line and any environment, but does
// not carry out the command: it never panics, a variable that looks like ours
// and is none stops it, and a token that was pasted into the wrong place is
// never printed. SECRET stands for such a token.
func FuzzConfig(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"--help", ""}, {"serve\n--listen\nSECRET", ""}, {"--listen=SECRET", ""}, {"SECRET", ""}, {"hash-token\nSECRET\nSECRET", ""},
		{"--SECRET", ""}, {"-SECRET", ""}, {"--bootstrap-root-token-hashed=SECRET", ""}, {"root-token\n--data\nSECRET", ""}, {"doctor\nSECRET\n--data=x", ""},
		{"--log-format=SECRET", ""}, {"--log-level=SECRET", ""}, {"--max-store-size=SECRET", ""}, {"--trusted-proxies=10.0.0.0/8,SECRET", ""},
		{"--gc-percent=SECRET", ""}, {"--allowed-origins=https://SECRET", ""}, {"--max-connections=-1", ""}, {"--listen=0.0.0.0:1\n--insecure-http=SECRET", ""},
		{"", "TOKENSCALE_LISTEN=SECRET"}, {"", "TOKENSCALE_LISTNE=127.0.0.1:0"}, {"", "TOKENSCALE_SECRET=1"}, {"", "TOKENSCALE_LOG_FORMAT=SECRET"},
		{"", "BOOTSTRAP_ROOT_TOKEN_HASHED=SECRET\nTOKENSCALE_DATA=SECRET"}, {"", "TOKENSCALE_PORT=tcp://10.0.0.1:8080"}, {"", "TOKENSCALE_MEMORY_LIMIT=9223372036854775808TiB"},
		{"audit\nverify\n--SECRET=1", ""}, {"backup\nSECRET\nSECRET", ""}, {"restore", "TOKENSCALE_MAX_CONNECTIONS=1e9"}, {"--\nSECRET", ""}, {"serve\nserve", ""}, {"--listen", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	s, err := token.MintFor(token.Root, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	secret := s.Reveal()
	f.Fuzz(func(t *testing.T, line, environment string) {
		plant := strings.NewReplacer("SECRET", secret)
		entries := strings.Split(plant.Replace(environment), "\n")
		if !setAll(t, entries) {
			return
		}
		var out bytes.Buffer
		code, parsed := parseOnly(t.Context(), strings.Split(plant.Replace(line), "\n"), &out)
		if strings.Contains(out.String(), secret[len("localroot~"):]) {
			t.Errorf("%q and %q: the token is printed:\n%s", line, environment, &out)
		}
		if stray := strange(entries); stray != "" && parsed {
			t.Errorf("%q is taken, with %s in the environment", line, stray)
		}
		if code != exitOK && !strings.Contains(out.String(), "tokenscale: ") {
			t.Errorf("%q and %q: exits with %d, and says nothing", line, environment, code)
		}
	})
}

// parseOnly does what Run does, as far as the settings of a server.
func parseOnly(ctx context.Context, args []string, out *bytes.Buffer) (code int, parsed bool) {
	base := app.Options{Now: time.Now, Random: rand.Reader, Stdout: out, Stderr: out}
	code = answer(base, func() error {
		read, err := parse(ctx, args, base)
		parsed = err == nil
		if !parsed || read.Command() != "serve" {
			return err
		}
		return read.Model.Target.Interface().(commands).Serve.Check()
	})
	return code, parsed
}

// strange returns a variable that looks like ours and is none.
func strange(entries []string) string {
	known := []string{
		"LISTEN", "TLS_CERT", "TLS_KEY", "INSECURE_HTTP", "TRUSTED_PROXIES", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "MAX_CONNECTIONS", "LOG_LEVEL", "LOG_FORMAT",
		"AUDIT_FILE", "GC_PERCENT", "MEMORY_LIMIT", "DATA", "KEY_FILE", "MAX_STORE_SIZE", "STATE_FILE", "ALLOW_NETWORK_STORAGE", "PPROF",
		"STORE", "ETCD_ENDPOINTS", "ETCD_PREFIX", "ETCD_CA", "ETCD_CERT", "ETCD_KEY", "ETCD_INSECURE", "ETCD_MAX_OPS", "ETCD_MAX_BYTES", "ETCD_TIMEOUT",
		"ETCD_PATIENCE", "NODE_NAME", "MAX_STALENESS", "AUDIT_SEGMENTS", "AUDIT_ARCHIVE", "AUDIT_ARCHIVE_ENDPOINT", "AUDIT_ARCHIVE_REGION", "AUDIT_KEEP",
	}
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		short, ours := strings.CutPrefix(name, "TOKENSCALE_")
		if ok && ours && !slices.Contains(known, short) && !isServiceLink(name, value) {
			return name
		}
	}
	return ""
}

// setAll puts the entries into the environment for as long as the test runs, if
// an environment can hold them and they are no business of the system's.
func setAll(t *testing.T, entries []string) bool {
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		ours := strings.HasPrefix(name, "TOKENSCALE_") || strings.HasPrefix(name, "BOOTSTRAP_")
		if !ok || !ours || strings.Contains(entry, "\x00") {
			if entry == "" {
				continue
			}
			return false
		}
		if _, set := os.LookupEnv(name); set {
			return false
		}
		t.Setenv(name, value)
	}
	return true
}

func TestATokenInARefusalIsHidden(t *testing.T) {
	s, err := token.MintFor(token.Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := answer(app.Options{Stderr: &out}, func() error { return errors.New("open " + s.Reveal() + "/x: no such file") })
	if got, want := out.String(), "tokenscale: open localroot~(hidden)/x: no such file\n"; code != exitFailed || got != want {
		t.Errorf("got %d %q, want %q", code, got, want)
	}
}
