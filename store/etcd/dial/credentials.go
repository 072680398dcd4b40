package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"google.golang.org/grpc/credentials"
)

// eachTime are the credentials of connections whose settings are asked for anew for each of them,
// so that new certificates count from the next connection on.
type eachTime struct {
	settings func() (*tls.Config, error)
}

var _ credentials.TransportCredentials = eachTime{}

// ClientHandshake implements credentials.TransportCredentials.
func (c eachTime) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	settings, err := c.settings()
	if err != nil {
		return nil, nil, err
	}
	return credentials.NewTLS(settings).ClientHandshake(ctx, authority, conn)
}

// ServerHandshake implements credentials.TransportCredentials. We are never the server.
func (c eachTime) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.ErrUnsupported
}

// Info implements credentials.TransportCredentials.
func (c eachTime) Info() credentials.ProtocolInfo { return credentials.NewTLS(&tls.Config{}).Info() }

// Clone implements credentials.TransportCredentials.
func (c eachTime) Clone() credentials.TransportCredentials { return c }

// OverrideServerName implements credentials.TransportCredentials. Members are known by the names
// in their endpoints.
func (c eachTime) OverrideServerName(string) error { return nil }
