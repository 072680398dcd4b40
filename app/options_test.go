package app

import (
	"crypto/rand"
	"fmt"
	"testing"

	"tokenscale/token"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1": 1, "512MiB": 512 << 20, "2GiB": 2 << 30, "3TiB": 3 << 40, "4KiB": 4096} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "+1", "1.5GiB", "01", "1 GiB", "1GB", "GiB", "9223372036854775807TiB", "9223372036854775808", "1MiBMiB", "0x10"} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %d, want it refused", text, got)
		}
	}
}

func TestNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "10.1.2.3": "10.1.2.3/32", "::1": "::1/128", "::ffff:10.0.0.1": "10.0.0.1/32", "fe80::1%eth0": "fe80::1/128", " 10.0.0.1\n": "10.0.0.1/32",
	} {
		if got := network(t, text).String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"proxy", "10.0.0.0/33", "10.0.0/8", "::ffff:10.0.0.0/104", "10.0.0.1:80"} {
		var n Network
		if err := n.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %s, want it refused", text, n)
		}
	}
}

func TestRootHash_MayHaveTheBlanksOfAFile(t *testing.T) {
	secret, err := token.MintFor(token.Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, around := range []string{"%s", "%s\n", " %s\r\n", "\t%s "} {
		if h, err := rootHash(fmt.Sprintf(around, secret.Hash())); err != nil || h == nil {
			t.Errorf("%q is refused: %v", around, err)
		}
	}
}

func network(t *testing.T, text string) Network {
	t.Helper()
	var n Network
	if err := n.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestProxies_EmptyEntriesAreDropped(t *testing.T) {
	o := Options{TrustedProxies: []Network{network(t, " 10.0.0.0/8 "), {}, network(t, "")}}.tidy()
	if len(o.TrustedProxies) != 1 || o.TrustedProxies[0].String() != "10.0.0.0/8" {
		t.Errorf("proxies are %v, want one", o.TrustedProxies)
	}
}
