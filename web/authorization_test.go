package web

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// What stands in the lines of Authorization, to the byte. A good token in
// anything but its one spelling is as bad as none.
func TestMalformedAuthorizationOverRawTCP(t *testing.T) {
	r := serving(t, nil)
	_, tok := r.token("good", "")
	id, secret, _ := strings.Cut(tok, "~")
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const line = "Authorization: "
	good := []string{
		line + "Bearer " + tok, line + "bearer " + tok, line + "BEARER " + tok, "authorization: Bearer " + tok, "Authorization:Bearer " + tok,
		"Authorization: \t Bearer " + tok + " \t", line + "Basic " + b64("x:"+tok), line + "Basic " + b64(":"+tok),
		line + "Bearer\r\n " + tok, // a folded line is the same as one with a space
	}
	bad := map[string]string{ // each is answered 401, or 400 by who reads the header
		"the token alone":                     line + tok,
		"no scheme and a space":               line + " " + tok + " x",
		"two spaces":                          line + "Bearer  " + tok,
		"a tab":                               line + "Bearer\t" + tok,
		"a no-break space":                    line + "Bearer\u00a0" + tok,
		"an en space":                         line + "Bearer\u2002" + tok,
		"a space inside":                      line + "Bearer " + id + " ~" + secret,
		"a tilde in another alphabet":         line + "Bearer " + id + "\u223c" + secret,
		"a full-width letter":                 line + "Bearer " + "\uff41" + tok[1:],
		"a NUL behind":                        line + "Bearer " + tok + "\x00",
		"a NUL inside":                        line + "Bearer " + id + "\x00~" + secret,
		"a DEL behind":                        line + "Bearer " + tok + "\x7f",
		"a byte that is not ASCII":            line + "Bearer " + tok + "\xff",
		"a zero-width space":                  line + "Bearer " + tok + "\u200b",
		"a byte order mark":                   line + "Bearer \ufeff" + tok,
		"a carriage return":                   line + "Bearer " + tok + "\r\r",
		"the scheme alone":                    line + "Bearer",
		"the scheme and a space":              line + "Bearer ",
		"an empty line":                       line,
		"no colon between scheme and token":   line + "Bearer:" + tok,
		"an equals sign":                      line + "Bearer=" + tok,
		"quotes":                              line + `Bearer "` + tok + `"`,
		"angle brackets":                      line + "Bearer <" + tok + ">",
		"a parameter":                         line + "Bearer token=" + tok,
		"a semicolon behind":                  line + "Bearer " + tok + ";",
		"a comma behind":                      line + "Bearer " + tok + ",",
		"a list of two":                       line + "Bearer " + tok + ", Bearer " + tok,
		"a list of a good and a bad one":      line + "Bearer x, Bearer " + tok,
		"two tokens":                          line + "Bearer " + tok + " " + tok,
		"two lines that are equal":            line + "Bearer " + tok + "\r\n" + line + "Bearer " + tok,
		"a bad line and a good one":           line + "Bearer x\r\n" + line + "Bearer " + tok,
		"a good line and a bad one":           line + "Bearer " + tok + "\r\n" + line + "Bearer x",
		"a good line and an empty one":        line + "Bearer " + tok + "\r\n" + line,
		"two lines in other letters":          line + "Bearer " + tok + "\r\nauthorization: Bearer " + tok,
		"two schemes":                         line + "Bearer Basic " + tok,
		"Bearer twice":                        line + "Bearer Bearer " + tok,
		"Token":                               line + "Token " + tok,
		"Digest":                              line + `Digest username="u", response="` + tok + `"`,
		"Negotiate":                           line + "Negotiate " + b64(tok),
		"ApiKey":                              line + "ApiKey " + tok,
		"Bearers":                             line + "Bearers " + tok,
		"Bearer in another alphabet":          line + "Be\u0430rer " + tok,
		"Basic with the token as user":        line + "Basic " + b64(tok+":"),
		"Basic with the token alone":          line + "Basic " + b64(tok),
		"Basic in plain text":                 line + "Basic x:" + tok,
		"Basic without its padding":           line + "Basic " + strings.TrimRight(b64("ab:"+tok), "="),
		"Basic for addresses":                 line + "Basic " + base64.URLEncoding.EncodeToString([]byte("\xff\xfe\xff:"+tok)),
		"Basic with a line break inside":      line + "Basic " + b64("x:" + tok)[:20] + "\r\n " + b64("x:" + tok)[20:],
		"Basic of Basic":                      line + "Basic " + b64("x:"+b64("x:"+tok)),
		"Basic with a space behind the token": line + "Basic " + b64("x:"+tok+" "),
		"Basic with a line break behind it":   line + "Basic " + b64("x:"+tok+"\n"),
		"Basic with a NUL behind the token":   line + "Basic " + b64("x:"+tok+"\x00"),
		"hexadecimal":                         line + fmt.Sprintf("Bearer %x", tok),
		"base64":                              line + "Bearer " + b64(tok),
		"percent signs":                       line + "Bearer " + strings.Replace(tok, "~", "%7E", 1),
		"the id alone":                        line + "Bearer " + id,
		"the id and a tilde":                  line + "Bearer " + id + "~",
		"the secret alone":                    line + "Bearer ~" + secret,
		"one letter short":                    line + "Bearer " + tok[:len(tok)-1],
		"one letter more":                     line + "Bearer " + tok + "a",
		"another case":                        line + "Bearer " + swapCase(tok),
		"two letters swapped":                 line + "Bearer " + swapped(tok),
		"513 bytes":                           line + "Bearer " + tok + strings.Repeat(" ", 430) + "x",
		"8 KiB":                               line + "Bearer " + strings.Repeat("a", 8<<10),
		"a header of another name":            "X-Authorization: Bearer " + tok,
		"the header of a proxy":               "Proxy-Authorization: Bearer " + tok,
		"a name with an underscore":           "HTTP_AUTHORIZATION: Bearer " + tok,
		"a cookie":                            "Cookie: tokenscale=" + tok + "\r\nX-Requested-By: tokenscale",
		"a cookie of the name of the header":  "Cookie: Authorization=Bearer " + tok,
		"the name of the header with a space": "Authorization : Bearer " + tok,
		"the header of a key":                 "X-Api-Key: " + tok,
	}
	if len(bad) < 60 {
		t.Errorf("the table has %d rows, want at least 60", len(bad))
	}
	ask := func(path, header, body string) string {
		got, _ := r.exchange(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s", path, len(body), header, body), 1)
		return got
	}
	const query = `{"query":"{viewer{id}}"}`
	for _, header := range good {
		if got := ask("/graphql", header, query); got != "200 open" {
			t.Errorf("%q: %s, want 200", header, got)
		}
	}
	for name, header := range bad {
		if got := ask("/graphql", header, query); got != "401 open" && got != "400 closed" {
			t.Errorf("%s: %s, want 401, or 400 and the connection closed\n%q", name, got, header)
		}
	}
	for name, path := range map[string]string{
		"in the address": "/graphql?token=" + tok, "as access_token": "/graphql?access_token=" + tok, "as a user": "http://x:" + tok + "@localhost/graphql",
	} {
		if got := ask(path, "X: y", query); got != "401 open" {
			t.Errorf("%s: %s, want 401", name, got)
		}
	}
	if got := ask("/graphql", "X: y", `{"query":"{viewer{id}}","token":"`+tok+`","extensions":{"authorization":"Bearer `+tok+`"}}`); got != "401 open" {
		t.Errorf("in the body: %s, want 401", got)
	}
	if strings.Contains(r.err.String(), secret) {
		t.Error("the log shows the token")
	}
}

// swapCase turns each letter into the other case.
func swapCase(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c ^ 0x20
		}
		return c
	}, s)
}

// swapped changes the places of two neighbours that differ.
func swapped(s string) string {
	b := []byte(s)
	for i := 40; i < len(b)-1; i++ {
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			break
		}
	}
	return string(b)
}
