package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// NoLeader is what is the matter with a member that is cut off from most others.
const NoLeader = "it knows no leader"

// probeOne finds out how far one gets with a member.
func (o Options) probeOne(ctx context.Context, endpoint string) Verdict {
	conn, host, err := dial(ctx, endpoint)
	if err != nil {
		return Verdict{Words: unreachable(err)}
	}
	defer conn.Close() //nolint:errcheck // it was made to be looked at
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return Verdict{Words: err.Error()}
		}
	}
	if o.TLS == nil {
		if speaksTLS(ctx, endpoint) {
			return Verdict{Words: "TLS is spoken there, and was not asked for: the address must begin with https://, and a CA and a client certificate must be given"}
		}
	} else if words := o.greet(ctx, conn, host); words != "" {
		return Verdict{Words: words}
	}
	return o.ask(ctx, endpoint)
}

// dial connects to a member.
func dial(ctx context.Context, endpoint string) (conn net.Conn, host string, err error) {
	network, address := "tcp", endpoint
	if u, err := url.Parse(endpoint); err == nil && strings.Contains(endpoint, "://") {
		address = u.Host
		if u.Scheme == "unix" || u.Scheme == "unixs" {
			network, address = "unix", u.Host+u.Path
		}
	}
	host, _, err = net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	conn, err = new(net.Dialer).DialContext(ctx, network, address)
	return conn, host, err
}

func unreachable(err error) string {
	name, misnamed := errors.AsType[*net.DNSError](err)
	switch {
	case misnamed:
		return fmt.Sprintf("nobody knows the name %s", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connections are refused: nothing listens there"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	}
	return "it cannot be reached: " + err.Error()
}

// speaksTLS reports whether a member that was given as one without TLS has it.
func speaksTLS(ctx context.Context, endpoint string) bool {
	conn, host, err := dial(ctx, endpoint)
	if err != nil {
		return false
	}
	defer conn.Close() //nolint:errcheck // it was made to be looked at
	var plain tls.RecordHeaderError
	ctx, cancel := context.WithTimeout(ctx, time.Second) // etcd without TLS waits for more
	defer cancel()
	// Nothing is sent that would need to be trusted.
	err = tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true}).HandshakeContext(ctx)
	return err == nil || !errors.As(err, &plain) && isAlert(err)
}

// greet begins TLS, and returns what is wrong with it.
func (o Options) greet(ctx context.Context, conn net.Conn, host string) string {
	settings, err := o.TLS()
	if err != nil {
		return "it cannot be asked: " + err.Error()
	}
	settings = settings.Clone()
	settings.ServerName, settings.NextProtos = host, []string{"h2"}
	secure := tls.Client(conn, settings)
	if err := secure.HandshakeContext(ctx); err != nil {
		return mistrust(err)
	}
	// A member that wants another certificate than ours says so only now. All is well if it
	// speaks first, as a server of HTTP/2 does, or waits for us.
	if err := secure.SetReadDeadline(soon(ctx)); err != nil {
		return err.Error()
	}
	if _, err := secure.Read(make([]byte, 1)); isAlert(err) {
		if settings.GetClientCertificate == nil && len(settings.Certificates) == 0 {
			return "a client certificate is wanted, and none was given (" + err.Error() + ")"
		}
		return "our client certificate is not taken: another authority signed it than those that are trusted there, or it has ended (" + err.Error() + ")"
	}
	return ""
}

// soon is most of the time that ctx leaves.
func soon(ctx context.Context) time.Time {
	deadline, _ := ctx.Deadline()
	return deadline.Add(-ProbeTime / 2)
}

// isAlert reports whether the other side has refused us in the words of TLS.
func isAlert(err error) bool {
	return err != nil && strings.Contains(err.Error(), "remote error: tls:")
}

// mistrust says why TLS could not begin.
func mistrust(err error) string {
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, misnamed := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case plain, errors.Is(err, io.EOF): // which etcd without TLS does to who begins it
		return "TLS is not spoken there, though the address begins with https://"
	case unknown:
		return "the certificate there was signed by no authority in our CA file"
	case misnamed, invalid:
		return "the certificate there cannot be accepted: " + err.Error()
	case isAlert(err):
		return "our client certificate is not taken, or one is wanted and none was given (" + err.Error() + ")"
	}
	return "TLS did not begin: " + err.Error()
}

// ask has the member say how it is.
func (o Options) ask(ctx context.Context, endpoint string) Verdict {
	o.Endpoints = []string{endpoint}
	client, err := Client(o)
	if err != nil {
		return Verdict{Words: err.Error()}
	}
	defer client.Close() //nolint:errcheck // it was made to be looked at
	status, err := client.Status(ctx, endpoint)
	if err != nil {
		return Verdict{Words: "it does not say how it is: " + err.Error()}
	}
	if status.Leader == 0 {
		return Verdict{Reached: true, Words: NoLeader}
	}
	ctx, cancel := context.WithDeadline(ctx, soon(ctx).Add(ProbeTime/4))
	defer cancel()
	_, err = client.Get(ctx, o.Key)
	switch said := refusal(err); {
	case said != "":
		return Verdict{Reached: true, Quorum: true, Words: "it refuses us: " + said}
	case err != nil:
		return Verdict{Reached: true, Words: "it answers, but a majority of the members did not agree with it in time"}
	}
	return Verdict{Reached: true, Quorum: true}
}
