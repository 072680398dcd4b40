package app

import (
	"context"
	"fmt"
	"net"

	"tokenscale/platform"
)

// firstRoot makes the root token of a new store and shows it, once.
func (a *App) firstRoot(ctx context.Context) error {
	secret, made, err := a.auth.FirstRoot(ctx)
	if err != nil {
		return fmt.Errorf("making the root token: %w", err)
	}
	if made {
		fmt.Fprintf(a.opts.Stderr, "Root token (shown once): %s\n", secret.Reveal())
	}
	return nil
}

// announce says where the server can be reached.
func (a *App) announce() {
	if a.opts.MemoryBy != "" {
		a.log.Info("memory is limited", "bytes", a.opts.Memory, "by", a.opts.MemoryBy)
	}
	for _, lack := range platform.Lacks() {
		a.log.Warn("on this operating system " + lack)
	}
	base := a.base()
	if a.opts.LogFormat == "json" {
		a.log.Info("listening", "page", base+"/", "explorer", base+"/docs/api-explorer", "api", base+"/graphql", "version", a.opts.Version.String())
		return
	}
	fmt.Fprintf(a.opts.Stderr, "tokenscale %s is listening.\n  Page      %s/\n  Explorer  %s/docs/api-explorer\n  API       %s/graphql\n",
		a.opts.Version, base, base, base)
}

// base returns the address that a browser on this machine reaches us by.
func (a *App) base() string {
	host, port, err := net.SplitHostPort(a.ln.Addr().String())
	if err != nil {
		return a.ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if a.opts.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
