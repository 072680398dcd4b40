package ipfilter

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A ParseError says what is wrong with a text of rules, so that its author can
// put it right.
type ParseError struct {
	Line   int    // counted from 1; 0 if the text as a whole is wrong
	Text   string // the offending words, cut if they are long
	Reason string
}

// Error returns one sentence, such as
//
//	line 3: "alow 10.0.0.1": a rule begins with allow or deny
func (e *ParseError) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("line %d: %q: %s", e.Line, e.Text, e.Reason)
}

// Parse reads a text of rules. The error is a *ParseError about the first
// thing that is wrong, and then the Rules are nil. A text without rules is
// allowed; it lets everybody in.
func Parse(text string) (*Rules, error) {
	if len(text) > MaxText {
		return nil, &ParseError{Reason: fmt.Sprintf("the text has %d bytes; %d is the most", len(text), MaxText)}
	}
	r := &Rules{implied: true}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		// The comment goes first: a semicolon inside it ends no rule.
		line, _, _ = strings.Cut(line, "#")
		for words := range strings.SplitSeq(line, ";") {
			if err := r.add(number, strings.Trim(words, blanks)); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

// blanks stand between words. Other white space, such as the no-break space
// of a word processor, is refused and quoted in the error: nobody sees it.
const blanks = " \t\r"

// add appends the rule that the words make, if there are any.
func (r *Rules) add(line int, words string) error {
	if words == "" {
		return nil
	}
	parsed, reason := parseRule(words)
	if reason == "" && len(r.rules) == MaxRules {
		reason = fmt.Sprintf("this is one rule too many; %d is the most", MaxRules)
	}
	if reason != "" {
		return &ParseError{Line: line, Text: shorten(words), Reason: reason}
	}
	parsed.line, parsed.text = line, words
	r.rules = append(r.rules, parsed)
	r.implied = r.implied && !parsed.allow
	return nil
}

// parseRule reads one rule, or says why it is none.
func parseRule(words string) (r rule, reason string) {
	fields := strings.FieldsFunc(words, func(c rune) bool { return strings.ContainsRune(blanks, c) })
	switch {
	case strings.EqualFold(fields[0], "allow"):
		r.allow = true
	case !strings.EqualFold(fields[0], "deny"):
		return rule{}, "a rule begins with allow or deny"
	}
	switch {
	case len(fields) == 1:
		return rule{}, "an address, a range such as 10.0.0.0/8, or all must follow"
	case len(fields) > 2:
		return rule{}, "a rule is two words; the next rule goes on a line of its own"
	case strings.EqualFold(fields[1], "all"):
		r.all = true
		return r, ""
	}
	r.prefix, reason = parsePrefix(fields[1])
	return r, reason
}

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
