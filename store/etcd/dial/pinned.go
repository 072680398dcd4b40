package dial

import (
	"context"
	"hash/fnv"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Pinned returns a client that is at one member at a time, and goes on to the next when one does
// not answer. The client of etcd takes all of them in turn, and one that says nothing is among them
// for some 12 seconds: the same change could come to it again and again. The nodes of a cluster
// begin at different members. It does not wait for a connection.
func Pinned(o Options, node string) (*clientv3.Client, error) {
	name := fnv.New32()
	_, _ = name.Write([]byte(node)) // it never fails
	p := &pin{endpoints: o.Endpoints, at: int(name.Sum32() % uint32(len(o.Endpoints)))}
	o.Endpoints = []string{p.endpoints[p.at]}
	client, err := newClient(o, grpc.WithChainUnaryInterceptor(p.ask), grpc.WithChainStreamInterceptor(p.stream))
	if err == nil {
		p.move = func(endpoint string) { client.SetEndpoints(endpoint) }
	}
	return client, err
}

// A pin is which member is asked.
type pin struct {
	endpoints []string
	move      func(endpoint string)

	mu sync.Mutex
	at int // of endpoints
}

func (p *pin) place() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// heard goes on to the next member if the one at a place has not answered. Of many requests that
// were there only the first one moves it.
func (p *pin) heard(at int, err error) {
	if c := status.Code(err); c != codes.DeadlineExceeded && c != codes.Unavailable {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == at {
		p.at = (at + 1) % len(p.endpoints)
		p.move(p.endpoints[p.at])
	}
}

func (p *pin) ask(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	at := p.place()
	err := invoke(ctx, method, req, reply, cc, opts...)
	p.heard(at, err)
	return err
}

func (p *pin) stream(ctx context.Context, d *grpc.StreamDesc, cc *grpc.ClientConn, method string, begin grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	at := p.place()
	s, err := begin(ctx, d, cc, method, opts...)
	p.heard(at, err)
	if err != nil {
		return nil, err
	}
	return &pinnedStream{s, p, at}, nil
}

// A pinnedStream tells its pin when the member says nothing.
type pinnedStream struct {
	grpc.ClientStream
	pin *pin
	at  int
}

// RecvMsg implements grpc.ClientStream.
func (s *pinnedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	s.pin.heard(s.at, err)
	return err
}
