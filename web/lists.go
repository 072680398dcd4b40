package web

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// TidyHosts returns the names of hosts as they are compared: without blanks
// and empty entries, which a list that a script put together has, and in the
// form in which clients send names.
func TidyHosts(list []string) []string {
	hosts := trimmed(list)
	for i, host := range hosts {
		if inside, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inside, "]") {
			host = strings.TrimSuffix(inside, "]")
		}
		if addr, err := netip.ParseAddr(host); err == nil {
			hosts[i] = urlHost(addr.String())
		}
	}
	return hosts
}

// TidyOrigins does the same for origins.
func TidyOrigins(list []string) []string {
	origins := trimmed(list)
	for i, origin := range origins {
		origins[i] = strings.ToLower(origin)
	}
	return origins
}

// trimmed returns the entries of a list that are not blank, without the blanks
// around them.
func trimmed(list []string) (kept []string) {
	for _, entry := range list {
		if entry = strings.TrimSpace(entry); entry != "" {
			kept = append(kept, entry)
		}
	}
	return kept
}

// CheckLists refuses entries that no request could ever match: whoever wrote
// them believes that something is let in, or kept out, and it is not. The
// lists must be tidy.
func CheckLists(hosts, origins []string) error {
	for _, host := range hosts {
		if err := checkHost(host); err != nil {
			return err
		}
	}
	for _, origin := range origins {
		if err := checkOrigin(origin); err != nil {
			return err
		}
	}
	return nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// checkHost takes what stands in the header Host: a name or an address, which
// may have a port.
func checkHost(host string) error {
	why := ""
	switch name := withoutPort(host); {
	case strings.Contains(host, "://"):
		why = "it has a scheme: give the name alone"
	case strings.Contains(host, "*"):
		why = "patterns are not understood: give each name"
	case strings.ContainsAny(host, "/?#@"):
		why = "it has more than a name: no path, no user"
	case strings.IndexFunc(host, func(r rune) bool { return r > 127 }) >= 0:
		why = "browsers send such a name in its other form, which begins with xn--"
	case hostName.MatchString(name):
		return nil
	case strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]"):
		if _, err := netip.ParseAddr(name[1 : len(name)-1]); err == nil {
			return nil
		}
		why = "what stands in the brackets is no address"
	default:
		why = "it is neither the name of a host nor an address"
	}
	return fmt.Errorf("--allowed-hosts takes names such as tokens.example.org, and %q would never match: %s", host, why)
}

// withoutPort returns the name in front of a port that can be one.
func withoutPort(host string) string {
	name, port, err := net.SplitHostPort(host)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || port != strconv.FormatUint(n, 10) {
		return host
	}
	return urlHost(name)
}

// checkOrigin takes what browsers send in the header Origin: null and file:// are
// what they call pages that hide where they are from, or come from a disk.
func checkOrigin(origin string) error {
	if origin == "null" || origin == "file://" || isProgram(origin) {
		return nil
	}
	why := ""
	u, err := url.Parse(origin)
	switch {
	case strings.Contains(origin, "*"):
		why = "patterns are not understood: give each origin"
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		why = "it is neither https:// or http:// and a name, nor the origin of a browser extension or a desktop program, nor file://, nor null"
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		why = fmt.Sprintf("it has more than an origin, which is %s://%s without anything behind it", u.Scheme, u.Host)
	case u.Scheme+"://"+u.Host != origin:
		why = "it has more than a scheme, a name and a port"
	case u.Scheme == "https" && u.Port() == "443", u.Scheme == "http" && u.Port() == "80":
		why = "browsers leave out the port that belongs to the scheme"
	default:
		if host := withoutPort(u.Host); hostName.MatchString(host) || strings.HasPrefix(host, "[") {
			return nil
		}
		why = "what stands for the host is no name"
	}
	return fmt.Errorf("--allowed-origins takes origins such as https://console.example.org, and %q would never match: %s", origin, why)
}
