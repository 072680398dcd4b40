//go:build bench

package fleet

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// TenRules is the filter that verification is measured with.
const TenRules = "deny 10.0.0.1\ndeny 10.0.0.2\ndeny 192.0.2.0/24\nallow 10.0.0.0/8\nallow 172.16.0.0/12\n" +
	"allow 192.168.0.0/16\ndeny fe80::/10\nallow 2001:db8::/32\nallow ::1\nallow 127.0.0.0/8\n"

// The filters' ids, as long as any: ten rules for each second token, and as
// many as a filter can have for one in a hundred.
const (
	FilterID ipfilter.ID = "benchfilterbenchfilterbenchfilte"
	WideID   ipfilter.ID = "benchmanyrulesbenchmanyrulesbenc"
)

// MakerID is of the token that has made one in five, and is gone.
const MakerID token.ID = "benchmakerbenchmakerbenchmakerbe"

// ManyRules are as many rules as a filter can have; the last one lets in who
// measures.
func ManyRules() string {
	var b strings.Builder
	for i := range ipfilter.MaxRules - 1 {
		fmt.Fprintf(&b, "deny 10.%d.%d.%d\n", i>>8, i&255, i%7)
	}
	b.WriteString("allow 127.0.0.0/8\n")
	return b.String()
}

var words = []string{"ingest", "backup", "Nurse", "deploy", "prod", "staging", "health", "Operator", "cluster", "billing"}

// Token makes the i-th token, and its string. Of those with many one in a hundred has as many
// rules as can be.
func Token(keys *keyring.Keys, r *mathrand.Rand, i int, many bool) (token.Token, string, error) {
	id, secret, err := token.Mint(rand.Reader)
	if err != nil {
		return token.Token{}, "", err
	}
	now := epoch.Of(time.Now())
	t := token.Token{
		ID: id, Name: fmt.Sprintf("%s-%s-%07d", words[r.IntN(10)], words[r.IntN(10)], r.IntN(10_000_000)),
		Permissions: permission.Of(permission.ReadHealthCheck, permission.Permission(r.IntN(16))),
		CreatedAt:   now - epoch.Millis(r.IntN(86_400_000)), CreatedBy: token.Root,
	}
	t.DigestKey = keys.SealingID()
	t.Digest = keys.Digest(t.DigestKey, secret)
	t.IssuedAt = t.CreatedAt
	if i%3 > 0 {
		t.ExpireAt = now + epoch.Millis(86_400_000*(2+r.IntN(300)))
	}
	if i%5 == 0 {
		t.CreatedBy = MakerID
	}
	switch {
	case i%2 == 0:
		t.FilterID = FilterID
	case i%100 == 1 && many:
		t.FilterID = WideID
	}
	return t, secret.Reveal(), nil
}
