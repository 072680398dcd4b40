package authn

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// mostHops is how many proxies a request may have come through. A longer list
// was written to keep us busy.
const mostHops = 64

// ClientIP finds the address a request came from. It returns the zero Addr,
// which passes no IP filter, if a proxy wrote what nobody can read.
//
// X-Forwarded-For is believed only as far as it was written by proxies we
// trust. Each proxy appends the address it was called from, so all lines of
// the header are one list, read from the right up to the first address that is
// not ours. Whatever stands to the left of that was written by a stranger. The
// header Forwarded (RFC 7239) is never read: mixing both lets a client write
// the one that the proxy leaves alone.
func ClientIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	return clientIP(peerOf(r), r.Header, trusted)
}

// peerOf returns the address that a request came from last.
func peerOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return normal(peer.Addr())
}

func clientIP(addr netip.Addr, h http.Header, trusted []netip.Prefix) netip.Addr {
	if !contains(trusted, addr) {
		return addr
	}
	lines := h["X-Forwarded-For"]
	if len(lines) == 0 {
		return addr
	}
	rest := strings.Join(lines, ",")
	for range mostHops {
		left, hop, more := cutLast(rest)
		// If a proxy of ours wrote nonsense, its own address would be the
		// wrong answer, and filters may let it in: better no address. No
		// prefix contains the zero Addr, so it goes back at once.
		if addr = parseHop(hop); !more || !contains(trusted, addr) {
			return addr
		}
		rest = left
	}
	return netip.Addr{}
}

// cutLast splits the last element off a list; more says that others are left.
func cutLast(list string) (rest, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// parseHop reads one element of X-Forwarded-For. Some proxies write the port
// too (1.2.3.4:567, [2001:db8::1]:567), or brackets alone. It returns the zero
// Addr for everything else, such as "unknown" and an empty element.
func parseHop(hop string) netip.Addr {
	hop = strings.Trim(hop, " \t")
	if addr, err := netip.ParseAddr(hop); err == nil {
		return normal(addr)
	}
	if both, err := netip.ParseAddrPort(hop); err == nil {
		return normal(both.Addr())
	}
	if inside, ok := strings.CutPrefix(hop, "["); ok {
		if inside, ok = strings.CutSuffix(inside, "]"); ok {
			if addr, err := netip.ParseAddr(inside); err == nil && addr.Is6() {
				return normal(addr)
			}
		}
	}
	return netip.Addr{}
}

// normal returns the one way to write addr: IPv4 inside IPv6 is IPv4, and
// zones mean nothing to anybody but the host that wrote them.
func normal(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}
