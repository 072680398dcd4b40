package web

import (
	"slices"
	"strings"
	"testing"
)

func TestLists_AreTrimmedAndEmptyEntriesDropped(t *testing.T) {
	hosts := TidyHosts([]string{" a.example ", "", "b.example:8080", "2001:DB8::1", "[::1]", "\t"})
	origins := TidyOrigins([]string{" HTTPS://Console.example.org", "", "http://localhost:3000 "})
	if want := []string{"a.example", "b.example:8080", "[2001:db8::1]", "[::1]"}; !slices.Equal(hosts, want) {
		t.Errorf("hosts are %q, want %q", hosts, want)
	}
	if want := []string{"https://console.example.org", "http://localhost:3000"}; !slices.Equal(origins, want) {
		t.Errorf("origins are %q, want %q", origins, want)
	}
	if err := CheckLists(hosts, origins); err != nil {
		t.Errorf("they are refused: %v", err)
	}
}

func TestLists_EntriesThatCanNeverMatchAreRefusedByName(t *testing.T) {
	for _, host := range []string{
		"https://a", "a/", "a/b", "*.a", "*", "a*", "a:0", "a:65536", "a:http", "a:", "a b", "a..b", ".a", "a.", "-a", "user@a",
		"münchen.example", "[::1", "[a]", "[::1]:x", "a?x", "a:80:90",
	} {
		err := CheckLists(TidyHosts([]string{"fine.example", host}), nil)
		if err == nil || !strings.Contains(err.Error(), "--allowed-hosts") || !strings.Contains(err.Error(), strings.TrimSpace(host)) {
			t.Errorf("the host %q: %v", host, err)
		}
	}
	for _, origin := range []string{
		"a.example", "https://", "https://a/", "https://a/b", "https://*.a", "*", "https://a:443", "http://a:80", "https://a?x", "https://a#x",
		"https://user@a", "https://a:", "https://a b", "ftp://a", "//a",
		"file:///", "Null/", "chrome-extension://a/", "ws://a", "chrome-extension://", "a://b c",
	} {
		err := CheckLists(nil, TidyOrigins([]string{"https://fine.example", origin}))
		if err == nil || !strings.Contains(err.Error(), "--allowed-origins") {
			t.Errorf("the origin %q: %v", origin, err)
		}
	}
	for _, host := range []string{"a", "a.b-c.d", "a:8080", "10.0.0.1", "10.0.0.1:80", "[::1]:8080", "my_service", "xn--mnchen-3ya.example"} {
		if err := checkHost(host); err != nil {
			t.Errorf("the host %q is refused: %v", host, err)
		}
	}
	for _, origin := range []string{"https://a", "http://a:8080", "https://a:80", "https://10.0.0.1", "https://[::1]:8080", "null", "file://", "chrome-extension://abcdefgh", "altair://-"} {
		if err := checkOrigin(origin); err != nil {
			t.Errorf("the origin %q is refused: %v", origin, err)
		}
	}
}
