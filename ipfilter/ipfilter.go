package ipfilter

import "net/netip"

// The limits of a filter, refused by Parse.
const (
	MaxText  = 256 << 10 // bytes of text
	MaxRules = 10_000    // rules in a text; comments and blank lines are free
)

// An ID names a filter. The empty ID is no filter at all.
type ID string

// A Filter is a named text of rules. Tokens refer to it by ID, so that an edit
// binds at once. The text is kept byte for byte: clients compare it.
type Filter struct {
	ID   ID
	Name string
	Text string

	// Request is a digest of the request with an idempotency key that made it; empty if there
	// was no key.
	Request string
}

// Rules is a parsed filter. It is never changed after it was made, so it is
// safe for concurrent use. Neither a nil *Rules nor the zero Rules lets
// anybody in.
type Rules struct {
	rules   []rule
	v4      ranges[uint32]
	v6      ranges[wide]
	implied bool // the decision where no rule matches
}

// A rule is one rule of a filter. What it matches is found in the ranges.
type rule struct {
	text  string // as written, without the comment
	line  int32
	allow bool
}

// A place is what a rule matches.
type place struct {
	all    bool         // every address; prefix is not set
	prefix netip.Prefix // masked, and IPv4 if it was IPv4 inside IPv6
}

// A Decision says whether an address may pass, and what decided so.
type Decision struct {
	Allowed bool
	Line    int    // counted from 1; 0 if no rule matched
	Rule    string // as written; empty if no rule matched
}

// Len returns the number of rules.
func (r *Rules) Len() int {
	if r == nil {
		return 0
	}
	return len(r.rules)
}

// Allows reports whether addr may pass.
func (r *Rules) Allows(addr netip.Addr) bool { return r.Decide(addr).Allowed }

// Decide tells what becomes of addr, and by which rule. The zero Addr, which
// stands for an address nobody could read, passes no filter, not even one that
// allows all. Decide allocates nothing, and takes hardly longer for many rules
// than for few.
func (r *Rules) Decide(addr netip.Addr) Decision {
	if r == nil || !addr.IsValid() {
		return Decision{}
	}
	at := r.at(normal(addr))
	if at == noRule {
		return Decision{Allowed: r.implied}
	}
	rule := &r.rules[at]
	return Decision{Allowed: rule.allow, Line: int(rule.line), Rule: rule.text}
}

// Unreachable returns the numbers of the lines with a rule that can never
// decide, because rules before it, one or several together, cover all it
// matches. Such a rule is no error, but hardly what its author meant.
func (r *Rules) Unreachable() []int {
	if r == nil {
		return nil
	}
	decides := make([]bool, noRule+1)
	for _, at := range [][]int32{r.v4.rule, r.v6.rule} {
		for _, rule := range at {
			decides[rule] = true
		}
	}
	var lines []int
	for i := range r.rules {
		line := int(r.rules[i].line)
		if !decides[i] && (len(lines) == 0 || lines[len(lines)-1] != line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// normal returns the one way to write addr.
func normal(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
