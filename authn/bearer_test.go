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
		{"no header is nothing", nil, "", None},
		{"Bearer", []string{"Bearer " + secret}, secret, Candidate},
		{"bearer in lower case", []string{"bearer " + secret}, secret, Candidate},
		{"BEARER in upper case", []string{"BEARER " + secret}, secret, Candidate},
		{"Basic, the token as password", []string{"Basic " + basic("user:"+secret)}, secret, Candidate},
		{"basic in lower case", []string{"basic " + basic("user:"+secret)}, secret, Candidate},
		{"Basic without a user", []string{"Basic " + basic(":"+secret)}, secret, Candidate},
		{"Basic with a colon in the password", []string{"Basic " + basic("u:a:b")}, "a:b", Candidate},
		{"Basic with the token as user is malformed", []string{"Basic " + basic(secret+":")}, "", Malformed},
		{"Basic without a colon is malformed", []string{"Basic " + basic(secret)}, "", Malformed},
		{"Basic that is not base64 is malformed", []string{"Basic user:" + secret}, "", Malformed},
		{"Basic with base64 for addresses is malformed", []string{"Basic " + base64.URLEncoding.EncodeToString([]byte("u:\xff\xfe\xfd>?"))}, "", Malformed},
		{"Basic with loose padding bits is malformed", []string{"Basic dTpiYR=="}, "", Malformed},
		{"Basic with a second space is malformed", []string{"Basic  " + basic("u:"+secret)}, "", Malformed},
		{"two headers are malformed", []string{"Bearer " + secret, "Bearer " + secret}, "", Malformed},
		{"an empty header is malformed", []string{""}, "", Malformed},
		{"a scheme alone is malformed", []string{"Bearer"}, "", Malformed},
		{"a scheme and a space are malformed", []string{"Bearer "}, "", Malformed},
		{"a token alone is malformed", []string{secret}, "", Malformed},
		{"another scheme is malformed", []string{"Token " + secret}, "", Malformed},
		{"Digest is malformed", []string{`Digest username="u"`}, "", Malformed},
		{"a tab after the scheme is malformed", []string{"Bearer\t" + secret}, "", Malformed},
		{"a second space stays, and no token has one", []string{"Bearer  " + secret}, " " + secret, Candidate},
		{"a list stays, and no token has a comma", []string{"Bearer a,Bearer b"}, "a,Bearer b", Candidate},
		{"512 bytes are read", []string{"Bearer " + strings.Repeat("x", 505)}, strings.Repeat("x", 505), Candidate},
		{"513 bytes are malformed", []string{"Bearer " + strings.Repeat("x", 506)}, "", Malformed},
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
