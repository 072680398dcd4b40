package token

import (
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"strings"
	"unsafe"
)

// A Secret is the string a client sends to prove that it holds a token: the
// ID of the token, a tilde, and 44 letters and digits, of which the first 38
// are random and the last 6 are a checksum over everything before them. The
// server shows it once, at creation, and keeps only a digest.
//
// Printing a Secret in any way shows nothing of it. Do not keep one in an
// unexported struct field: package fmt prints those without asking.
type Secret struct{ text string }

const (
	alphabet    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	idLength    = 32
	tailLength  = 44
	checkLength = 6

	// MaxLength is the length in bytes of the longest Secret.
	MaxLength = idLength + 1 + tailLength
)

// Mint makes a new ID and a Secret for it from random, which must be a source
// fit for keys, such as crypto/rand.Reader. It fails only if random does.
func Mint(random io.Reader) (ID, Secret, error) {
	id, err := letters(random, idLength)
	if err != nil {
		return "", Secret{}, err
	}
	s, err := MintFor(ID(id), random)
	return ID(id), s, err
}

// MintFor makes a new Secret for id.
func MintFor(id ID, random io.Reader) (Secret, error) {
	tail, err := letters(random, tailLength-checkLength)
	if err != nil {
		return Secret{}, err
	}
	text := string(id) + "~" + tail
	check := checksum(text)
	return Secret{text + string(check[:])}, nil
}

// NewID makes an ID that belongs to no Secret: for IP filters, which are
// named in the same way.
func NewID(random io.Reader) (string, error) { return letters(random, idLength) }

// IsID reports whether a text has the form of an ID, so that it can be no secret and no part of one
// of some use.
func IsID(text string) bool {
	return len(text) == idLength && strings.Trim(text, alphabet) == ""
}

// letters returns n letters and digits, each as likely as any other.
func letters(random io.Reader, n int) (string, error) {
	// Bytes from fair on would favour the first letters.
	const fair = 256 / len(alphabet) * len(alphabet)
	out := make([]byte, 0, n)
	for b := make([]byte, n); len(out) < n; {
		if _, err := io.ReadFull(random, b); err != nil {
			return "", fmt.Errorf("reading random bytes: %w", err)
		}
		for _, c := range b {
			if int(c) < fair && len(out) < n {
				out = append(out, alphabet[int(c)%len(alphabet)])
			}
		}
	}
	return string(out), nil
}

// Parse splits text into the ID it claims and the Secret itself, if it has
// the shape of a Secret and its checksum is right. There is exactly one way
// to write each Secret; nothing is trimmed or guessed. It allocates nothing.
func Parse(text string) (ID, Secret, bool) {
	id, s, ok := Split(text)
	if !ok || !s.Sound() {
		return "", Secret{}, false
	}
	return id, s, true
}

// Split is Parse for whoever compares digests next: it looks at nothing but the
// length and the tilde. A digest that fits proves all the rest, and where none
// fits, [Secret.Sound] tells whether the string can be a token's at all.
func Split(text string) (ID, Secret, bool) {
	head := len(text) - tailLength - 1
	if head != idLength && head != len(Root) || text[head] != '~' {
		return "", Secret{}, false
	}
	id := ID(text[:head])
	if head == len(Root) && id != Root {
		return "", Secret{}, false
	}
	return id, Secret{text}, true
}

// Sound reports whether s is written as every Secret that was minted: letters
// and digits but for the tilde, of which the last six are the checksum of what
// stands before them. The zero Secret is not.
func (s Secret) Sound() bool {
	head, body := len(s.text)-tailLength-1, len(s.text)-checkLength
	if head < 0 || !plain(s.text[:head]) || !plain(s.text[head+1:]) {
		return false
	}
	check := checksum(s.text[:body])
	return string(check[:]) == s.text[body:]
}

// plain reports whether s consists of letters and digits of the alphabet.
func plain(s string) bool {
	var foreign uint8
	for i := range len(s) {
		foreign |= strange[s[i]] // without a branch for each letter
	}
	return foreign == 0
}

// strange holds a zero for each byte of the alphabet, and a one for all others.
var strange = func() (table [256]uint8) {
	for i := range table {
		if strings.IndexByte(alphabet, byte(i)) < 0 {
			table[i] = 1
		}
	}
	return table
}()

// checksum writes the CRC-32 (IEEE) of s as six letters and digits. It finds
// mistyped and cut strings; it proves nothing about who made them.
func checksum(s string) [checkLength]byte {
	crc := crc32.ChecksumIEEE(unsafe.Slice(unsafe.StringData(s), len(s))) // it only reads
	var out [checkLength]byte
	for i := checkLength - 1; i >= 0; i-- {
		out[i] = alphabet[crc%uint32(len(alphabet))]
		crc /= uint32(len(alphabet))
	}
	return out
}

// Reveal returns the string itself. Its one use is the answer to the request
// that made the token, or the terminal of the person who asked for a root
// token.
func (s Secret) Reveal() string { return s.text }

const hidden = "token(hidden)"

// String hides the Secret, so that printing one by mistake is harmless.
func (s Secret) String() string { return hidden }

// GoString hides the Secret from %#v.
func (s Secret) GoString() string { return hidden }

// Format hides the Secret from every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue hides the Secret from package slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the Secret from encoders such as encoding/json.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
