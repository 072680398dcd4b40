// Package dial connects to members of etcd, and says why one that should answer does not.
package dial

import (
	"crypto/tls"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// Options say where the members are.
type Options struct {
	// Endpoints are the members, as "host:port" or URLs.
	Endpoints []string

	// TLS returns what the members are trusted by, and who we are to them; nil for no TLS. It is
	// asked for each new connection.
	TLS func() (*tls.Config, error)

	// Key is read to find out whether a majority of the members agrees.
	Key string
}

// Client returns a client of etcd that asks the members in turn. It does not wait for a connection.
func Client(o Options) (*clientv3.Client, error) { return newClient(o) }

func newClient(o Options, how ...grpc.DialOption) (*clientv3.Client, error) {
	c := clientv3.Config{
		Endpoints: o.Endpoints, DialTimeout: 5 * time.Second,
		DialKeepAliveTime: 2 * time.Second, DialKeepAliveTimeout: 2 * time.Second, PermitWithoutStream: true,
		MaxCallSendMsgSize: 16 << 20, MaxCallRecvMsgSize: 256 << 20, Logger: zap.NewNop(),
	}
	if o.TLS != nil {
		how = append(how, grpc.WithTransportCredentials(eachTime{o.TLS}))
	}
	c.DialOptions = how
	return clientv3.New(c)
}
