package web

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// By itself the kernel keeps megabytes of answers for each client that reads
// nothing.
func TestTheKernelKeepsLittleForAConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	limit := &ConnLimit{max: 10, perClient: map[netip.Addr]int{}}
	accepted, err := limit.Listener(ln).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	raw, err := accepted.(*conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		room, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
		if err != nil || room > 2*sendBuffer { // the kernel doubles it, for what it needs itself
			t.Errorf("the kernel keeps %d bytes, %v; want at most %d", room, err, 2*sendBuffer)
		}
	}); err != nil {
		t.Fatal(err)
	}
}
