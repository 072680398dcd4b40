package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tokenscale/web"
)

// Options are the settings of a server. The tags make them flags, with a twin
// in the environment; the text of help is what an operator reads.
type Options struct {
	Listen       string `default:"127.0.0.1:8080" env:"TOKENSCALE_LISTEN" placeholder:"ADDRESS" help:"Address and port to listen on, 127.0.0.1:8080 unless set; port 0 takes a free one. Anything but loopback needs TLS or --insecure-http."`
	TLSCert      string `name:"tls-cert" env:"TOKENSCALE_TLS_CERT" placeholder:"FILE" help:"Certificate chain (PEM). Read again when it changes."`
	TLSKey       string `name:"tls-key" env:"TOKENSCALE_TLS_KEY" placeholder:"FILE" help:"Private key of the certificate (PEM)."`
	InsecureHTTP bool   `name:"insecure-http" env:"TOKENSCALE_INSECURE_HTTP" help:"Listen without TLS where others can read along. For servers behind a proxy that speaks TLS."`

	StoreOptions

	// These have no twin in the environment: they are meant for one start.
	AcceptRollback bool `name:"accept-rollback" help:"Start although the store is older than it was. Tokens deleted since then work again. It is written to the audit log."`
	AcceptClock    bool `name:"accept-clock" help:"Believe the clock of this machine, although it said more before. Tokens that have expired by what it said work again. It is written to the audit log."`

	TrustedProxies []Network `env:"TOKENSCALE_TRUSTED_PROXIES" placeholder:"CIDR" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. IP filters see the address they name."`
	AllowedHosts   []string  `env:"TOKENSCALE_ALLOWED_HOSTS" placeholder:"HOST" help:"Host names this server answers to. On loopback its own names always count; elsewhere none set means any."`
	AllowedOrigins []string  `env:"TOKENSCALE_ALLOWED_ORIGINS" placeholder:"ORIGIN" help:"Origins, such as https://console.example.org, whose scripts in a browser may use the API with a token; file:// and null can be named too. Extensions of browsers and desktop programs need no entry. Lists are separated by commas."`

	MaxConnections int `env:"TOKENSCALE_MAX_CONNECTIONS" placeholder:"N" help:"How many clients may be connected at once, 10000 unless set, and always fewer than files may be open. One client may take half of it, a trusted proxy all."`

	LogLevel  slog.Level `type:"level" default:"info" env:"TOKENSCALE_LOG_LEVEL" placeholder:"LEVEL" help:"Least level that is logged: debug, info (unless set), warn or error."`
	LogFormat string     `default:"text" enum:"text,json" env:"TOKENSCALE_LOG_FORMAT" placeholder:"FORM" help:"Form of the log on standard error: text (unless set) or json."`
	AuditFile string     `env:"TOKENSCALE_AUDIT_FILE" placeholder:"FILE" help:"Also write each audit entry as a line of JSON to this file, or to standard output if it is -."`
	AuditKeep Age        `env:"TOKENSCALE_AUDIT_KEEP" placeholder:"TIME" help:"How long audit entries stay in the store, such as 90d; for ever unless set. Older ones leave it for files, 65,536 at a time, once a signed checkpoint covers them, and are read there."`

	GCPercent   int  `name:"gc-percent" default:"100" env:"TOKENSCALE_GC_PERCENT" placeholder:"N" help:"How much the memory may grow between two collections, in percent of what is in use; 100 unless set (Go's GOGC)."`
	MemoryLimit Size `env:"TOKENSCALE_MEMORY_LIMIT" placeholder:"SIZE" help:"Memory to stay below if possible, such as 600MiB (Go's GOMEMLIMIT); unless set, four fifths of what the container may use."`

	Pprof bool `env:"TOKENSCALE_PPROF" help:"Answer with profiles of the process (/debug/pprof/…) at the socket in the data folder, which only the server's user and root can use. They are never at --listen."`

	// What follows is no setting.

	Now     func() time.Time `kong:"-"` // the clock; required
	Version Version          `kong:"-"`
	Stdout  io.Writer        `kong:"-"` // required
	Stderr  io.Writer        `kong:"-"` // required
	Random  io.Reader        `kong:"-"` // fit for keys; required

	// Reopen brings a signal when files are to be opened anew, Stacks when it is
	// to be told what all goroutines do; nil never brings one.
	Reopen, Stacks <-chan os.Signal `kong:"-"`

	// Steady is a clock that nobody sets, for tests; nil means the one in Now.
	Steady func() time.Duration `kong:"-"`

	// Sleep waits before an answer that is delayed, for tests; nil means
	// [loop.Rest].
	Sleep func(context.Context, time.Duration) error `kong:"-"`

	// Memory is what the process may use, in bytes, and MemoryBy who said so; 0
	// and nothing if nobody did.
	Memory   int64  `kong:"-"`
	MemoryBy string `kong:"-"`

	// StopAfter is how long a server whose store has stopped goes on
	// answering from memory; 0 means a minute.
	StopAfter time.Duration `kong:"-"`
}

// StoreOptions are the settings of all commands that open the store.
type StoreOptions struct {
	Data         string `default:"./data" env:"TOKENSCALE_DATA" placeholder:"FOLDER" help:"Folder of the store, or of the mirror of one in etcd, ./data unless set. It is made if it is missing."`
	KeyFile      string `env:"TOKENSCALE_KEY_FILE" placeholder:"FILE" help:"File of the server's keys, keys in the data folder unless set. Elsewhere is better: a stolen data folder is then useless."`
	MaxStoreSize Size   `env:"TOKENSCALE_MAX_STORE_SIZE" placeholder:"SIZE" help:"Size the store may grow to, such as 2GiB; unless set, only the disk limits it."`

	StateFile           string `env:"TOKENSCALE_STATE_FILE" placeholder:"FILE" help:"File that notes how far the store has come, so that an older store put in its place is noticed; the key file's name with .state behind it unless set."`
	AllowNetworkStorage bool   `env:"TOKENSCALE_ALLOW_NETWORK_STORAGE" help:"Let the data folder be on a network or FUSE file system. Its locks and syncs must then hold what they promise."`

	Store string      `default:"bolt" enum:"bolt,etcd" env:"TOKENSCALE_STORE" placeholder:"KIND" help:"Where the store is: bolt (unless set), a file in the data folder that one server has; or etcd, which several share."`
	Etcd  EtcdOptions `embed:""`

	Audit ArchiveOptions `embed:""`

	// RootHash has a name of its own in the environment: LogScale's.
	RootHash string `name:"bootstrap-root-token-hashed" env:"BOOTSTRAP_ROOT_TOKEN_HASHED" placeholder:"HASH" help:"Hash of the root token, as hash-token prints it. Set, it decides what the root token is; no other is made."`
}

// KeyPath returns where the keys are.
func (o StoreOptions) KeyPath() string {
	if o.KeyFile != "" {
		return o.KeyFile
	}
	return filepath.Join(o.Data, "keys")
}

// StatePath returns where it is noted how far the store has come.
func (o StoreOptions) StatePath() string {
	if o.StateFile != "" {
		return o.StateFile
	}
	return o.KeyPath() + ".state"
}

// tidy returns o with its lists as they are compared.
func (o Options) tidy() Options {
	o.AllowedHosts, o.AllowedOrigins = web.TidyHosts(o.AllowedHosts), web.TidyOrigins(o.AllowedOrigins)
	o.TrustedProxies = slices.DeleteFunc(slices.Clone(o.TrustedProxies), func(n Network) bool { return !n.IsValid() })
	return o
}

// Check refuses settings that do not go together, with a sentence that says
// what to do.
func (o Options) Check() error {
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together: set both or none")
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("--listen takes an address and a port, such as 127.0.0.1:8080 or [::1]:8080, not %q", o.Listen)
	}
	if !web.IsLoopback(host) && o.TLSCert == "" && !o.InsecureHTTP {
		return fmt.Errorf("listening on %s without TLS would show tokens to the network: set --tls-cert and --tls-key, or --insecure-http if a proxy in front speaks TLS", o.Listen)
	}
	if o.MaxConnections < 0 {
		return fmt.Errorf("--max-connections takes a number above 0, not %d", o.MaxConnections)
	}
	return errors.Join(web.CheckLists(o.AllowedHosts, o.AllowedOrigins), o.StoreOptions.AfterApply(), apart(o.files()))
}

// A Network is a range of addresses, or a single one.
type Network struct{ netip.Prefix }

// UnmarshalText reads an address, or a range in the form 10.0.0.0/8, whatever
// stands in its host bits. A blank text, as between two commas, gives the zero
// Network, which is none.
func (n *Network) UnmarshalText(text []byte) error {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		n.Prefix = netip.Prefix{}
		return nil
	}
	if addr, err := netip.ParseAddr(string(text)); err == nil {
		addr = addr.Unmap().WithZone("")
		n.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil || p.Addr().Is4In6() {
		return fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8; names are not looked up, and lists are separated by commas", text)
	}
	n.Prefix = p.Masked()
	return nil
}

func prefixes(networks []Network) []netip.Prefix {
	out := make([]netip.Prefix, len(networks))
	for i, n := range networks {
		out[i] = n.Prefix
	}
	return out
}

// Size is a number of bytes; 0 is no limit.
type Size int64

// UnmarshalText reads a number of bytes, with KiB, MiB, GiB or TiB behind it
// if that is meant.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = rest, 1<<(10*(i+1))
			break
		}
	}
	var n int64
	if rest, err := fmt.Sscanf(number, "%d", &n); err != nil || rest != 1 || fmt.Sprint(n) != number || n < 0 || n > (1<<62)/unit {
		return fmt.Errorf("%q is not a size such as 512MiB or 2GiB", text)
	}
	*s = Size(n * unit)
	return nil
}
