package authn

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func TestCredential(t *testing.T) {
	const secret = "abcDEF~123"
	basic := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	tests := []struct {
		name  string
		lines []string // of Authorization
		want  string
		how   Presented
	}{
		{"no header is nothing", nil, "", Nothing},
		{"Bearer", []string{"Bearer " + secret}, secret, Something},
		{"bearer in lower case", []string{"bearer " + secret}, secret, Something},
		{"BEARER in upper case", []string{"BEARER " + secret}, secret, Something},
		{"Basic, the token as password", []string{"Basic " + basic("user:"+secret)}, secret, Something},
		{"basic in lower case", []string{"basic " + basic("user:"+secret)}, secret, Something},
		{"Basic without a user", []string{"Basic " + basic(":"+secret)}, secret, Something},
		{"Basic with a colon in the password", []string{"Basic " + basic("u:a:b")}, "a:b", Something},
		{"Basic with the token as user is nonsense", []string{"Basic " + basic(secret+":")}, "", Nonsense},
		{"Basic without a colon is nonsense", []string{"Basic " + basic(secret)}, "", Nonsense},
		{"Basic that is not base64 is nonsense", []string{"Basic user:" + secret}, "", Nonsense},
		{"Basic with base64 for addresses is nonsense", []string{"Basic " + base64.URLEncoding.EncodeToString([]byte("u:\xff\xfe\xfd>?"))}, "", Nonsense},
		{"Basic with loose padding bits is nonsense", []string{"Basic dTpiYR=="}, "", Nonsense},
		{"Basic with a second space is nonsense", []string{"Basic  " + basic("u:"+secret)}, "", Nonsense},
		{"two headers are nonsense", []string{"Bearer " + secret, "Bearer " + secret}, "", Nonsense},
		{"an empty header is nonsense", []string{""}, "", Nonsense},
		{"a scheme alone is nonsense", []string{"Bearer"}, "", Nonsense},
		{"a scheme and a space are nonsense", []string{"Bearer "}, "", Nonsense},
		{"a token alone is nonsense", []string{secret}, "", Nonsense},
		{"another scheme is nonsense", []string{"Token " + secret}, "", Nonsense},
		{"Digest is nonsense", []string{`Digest username="u"`}, "", Nonsense},
		{"a tab after the scheme is nonsense", []string{"Bearer\t" + secret}, "", Nonsense},
		{"a second space stays, and no token has one", []string{"Bearer  " + secret}, " " + secret, Something},
		{"a list stays, and no token has a comma", []string{"Bearer a,Bearer b"}, "a,Bearer b", Something},
		{"512 bytes are read", []string{"Bearer " + strings.Repeat("x", 505)}, strings.Repeat("x", 505), Something},
		{"513 bytes are nonsense", []string{"Bearer " + strings.Repeat("x", 506)}, "", Nonsense},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			if test.lines != nil {
				h["Authorization"] = test.lines
			}
			got, how := Credential(h)
			if got != test.want || how != test.how {
				t.Errorf("Credential = %q, %d; want %q, %d", got, how, test.want, test.how)
			}
		})
	}
}
