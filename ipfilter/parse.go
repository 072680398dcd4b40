package ipfilter

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// MaxTold is how many bad rules a ParseError tells.
const MaxTold = 20

// A ParseError says what is wrong with a text of rules, so that its author can
// put all of it right at once.
type ParseError struct {
	Whole string    // what is wrong with the text as a whole; empty if it is about rules
	Bad   []BadRule // the first MaxTold of them, in the order of the text
	More  int       // how many follow those
}

// A BadRule is a rule that cannot be read.
type BadRule struct {
	Line   int    // counted from 1
	Text   string // the offending words, cut if they are long
	Reason string // what is wrong, or what to do
}

// Error returns a line for each bad rule, such as
//
//	line 3: "alow 10.0.0.1": a rule begins with allow or deny
func (e *ParseError) Error() string {
	if e.Whole != "" {
		return e.Whole
	}
	var lines []string
	for _, bad := range e.Bad {
		lines = append(lines, fmt.Sprintf("line %d: %q: %s", bad.Line, bad.Text, bad.Reason))
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(lines, "\n")
}

// Parse reads a text of rules. The error is a *ParseError about all that is
// wrong, and then the Rules are nil. A text without rules is allowed; it lets
// everybody in.
func Parse(text string) (*Rules, error) {
	if len(text) > MaxText {
		return nil, &ParseError{Whole: fmt.Sprintf("the text has %d bytes; %d is the most", len(text), MaxText)}
	}
	p := parser{rules: Rules{implied: true}}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		// The comment goes first: a semicolon inside it ends no rule.
		line, _, _ = strings.Cut(line, "#")
		for words := range strings.SplitSeq(line, ";") {
			p.add(number, strings.Trim(words, blanks))
		}
	}
	if len(p.bad.Bad) > 0 {
		return nil, &p.bad
	}
	p.rules.v4 = narrowed(cut(blocksOf(p.where, 32)))
	p.rules.v6 = cut(blocksOf(p.where, 128))
	return &p.rules, nil
}

// A parser is in the middle of a text.
type parser struct {
	rules Rules
	where []place // what each of the rules matches
	bad   ParseError
	full  bool // there was one rule too many, and it was told
}

// blanks stand between words. Other white space, such as the no-break space
// of a word processor, is refused and quoted in the error: nobody sees it.
const blanks = " \t\r"

// add appends the rule that the words make, if there are any.
func (p *parser) add(line int, words string) {
	if words == "" {
		return
	}
	allow, where, reason := parseRule(words)
	switch {
	case reason != "":
		p.refuse(line, words, reason)
	case len(p.rules.rules) < MaxRules:
		p.rules.rules = append(p.rules.rules, rule{words, int32(line), allow})
		p.rules.implied = p.rules.implied && !allow
		p.where = append(p.where, where)
	case !p.full:
		p.full = true
		p.refuse(line, words, fmt.Sprintf("this is one rule too many; %d is the most", MaxRules))
	}
}

func (p *parser) refuse(line int, words, reason string) {
	if len(p.bad.Bad) == MaxTold {
		p.bad.More++
		return
	}
	p.bad.Bad = append(p.bad.Bad, BadRule{line, shorten(words), reason})
}

// parseRule reads one rule, or says why it is none.
func parseRule(words string) (allow bool, where place, reason string) {
	fields := strings.FieldsFunc(words, isBlank)
	if stray := unseen(words); stray != "" {
		return false, place{}, stray
	}
	switch {
	case strings.EqualFold(fields[0], "allow"):
		allow = true
	case !strings.EqualFold(fields[0], "deny"):
		return false, place{}, "a rule begins with allow or deny" + advice(words)
	}
	switch {
	case len(fields) == 1:
		return false, place{}, "an address, a range such as 10.0.0.0/8, or all must follow"
	case strings.Contains(words, ","):
		return false, place{}, "a rule has one address and no comma; the next rule goes on a line of its own"
	case len(fields) > 2 && strings.HasPrefix(fields[2], "//"):
		return false, place{}, "a comment begins with #"
	case len(fields) > 2:
		return false, place{}, "a rule is two words; the next rule goes on a line of its own, and a comment begins with #"
	case strings.EqualFold(fields[1], "any"), fields[1] == "*":
		return false, place{}, "every address is called all"
	case strings.EqualFold(fields[1], "all"):
		return allow, place{all: true}, ""
	}
	where.prefix, reason = parsePrefix(fields[1])
	return allow, where, reason
}

func isBlank(c rune) bool { return strings.ContainsRune(blanks, c) }

// unseen says which character in words nobody sees, or takes for a space: files
// from Windows begin with one, and word processors and web pages are full of
// them. It is empty if there is none.
func unseen(words string) string {
	for _, c := range words {
		if c > unicode.MaxLatin1 && unicode.In(c, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp) || c == '\u00a0' || c == '\u00ad' {
			return fmt.Sprintf("it holds the character U+%04X, which looks like a space or like nothing; write it anew without that", c)
		}
	}
	return ""
}

// advice returns what to do with words that are addresses or ranges and no rule,
// as services publish theirs: one, or a list, or lines of JSON or YAML, also with
// a name before it or a remark behind.
func advice(words string) string {
	if strings.EqualFold(words, "all") {
		return "; put allow or deny before it"
	}
	parts := strings.FieldsFunc(words, func(c rune) bool { return isBlank(c) || strings.ContainsRune(wrapping, c) })
	if len(parts) > 0 && parts[0] == "-" {
		parts = parts[1:]
	}
	addresses := 0
	for _, part := range parts {
		if _, reason := parsePrefix(part); reason == "" {
			addresses++
		}
	}
	switch {
	case addresses == 0 || len(parts) > addresses && (addresses > 1 || !isNamed(parts)):
		return ""
	case addresses > 1:
		return "; put allow before it, and each address on a line of its own"
	case parts[0] != words:
		return "; put allow before it, and nothing else"
	}
	return "; put allow before it"
}

// isNamed reports whether parts are an address with a remark behind it, or with
// the name of a value before it, such as ip_prefix: in YAML and JSON.
func isNamed(parts []string) bool {
	// Behind an address at the front stands a remark, not another address that cannot be read.
	if _, reason := parsePrefix(parts[0]); reason == "" {
		return !slices.ContainsFunc(parts[1:], func(part string) bool { return strings.ContainsAny(part[:1], ":0123456789") })
	}
	last := len(parts) - 1
	_, reason := parsePrefix(parts[last])
	return reason == "" && strings.HasSuffix(parts[last-1], ":")
}

// wrapping stands around and between the addresses of a list.
const wrapping = `,"'[]`

// parsePrefix reads an address or a range, or says why it is none.
func parsePrefix(word string) (_ netip.Prefix, reason string) {
	before, after, ranged := strings.Cut(word, "/")
	written, err := netip.ParseAddr(before)
	if err != nil {
		return netip.Prefix{}, fmt.Sprintf("%q is not an IPv4 or IPv6 address", shorten(before))
	}
	addr := normal(written)
	bits := addr.BitLen()
	if ranged {
		if bits, reason = parseBits(after, written); reason != "" {
			return netip.Prefix{}, reason
		}
	}
	return netip.PrefixFrom(addr, bits).Masked(), ""
}

// parseBits reads the length of the prefix of a range. The length of a range
// of IPv4 inside IPv6 counts from the left end of the IPv6 address.
func parseBits(word string, addr netip.Addr) (bits int, reason string) {
	bits, err := strconv.Atoi(word)
	if err != nil || strconv.Itoa(bits) != word || bits < 0 || bits > addr.BitLen() {
		return 0, fmt.Sprintf("after the slash comes a number from 0 to %d", addr.BitLen())
	}
	if !addr.Is4In6() {
		return bits, ""
	}
	if bits < 96 {
		// Half of it would be IPv6 and half IPv4. Whoever writes this means
		// an IPv4 range, and taking it for IPv6 would let addresses slip by.
		return 0, "a range of IPv4 addresses written as IPv6 has 96 to 128 after the slash; write it as IPv4"
	}
	return bits - 96, ""
}

// shorten cuts words that are too long to be quoted in a sentence.
func shorten(words string) string {
	const most = 80
	if len(words) <= most {
		return words
	}
	return strings.ToValidUTF8(words[:most], "") + "…"
}
