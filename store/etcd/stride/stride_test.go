package stride

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNextIsAsFarAsTheLastOneWas(t *testing.T) {
	none := strings.Repeat("\x00", 8)
	for _, c := range []struct{ name, first, last, want string }{
		{"numbers", "\x00\x00\x00\x00\x00\x00\x00\x05", "\x00\x00\x00\x00\x00\x00\x00\x07", "\x00\x00\x00\x00\x00\x00\x00\x09" + none[1:]},
		{"numbers that carry", "\x00\x00\x00\x00\x00\x00\xff\x01", "\x00\x00\x00\x00\x00\x00\xff\xff", "\x00\x00\x00\x00\x00\x01\x00\xfd" + none[3:]},
		{"text that carries", "a\xff\x80", "a\xff\xff", "b\x00\x7e" + none[3:]},
		{"the same key", "a", "a", ""},
		{"a key and one below it that is no further", "a", "a\x00", ""},
		{"nothing is as far", "\x00", "\xff", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Next(c.first, c.last)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got != "" && got <= c.last+"\x00" {
				t.Errorf("%q is not behind %q", got, c.last)
			}
		})
	}
}
