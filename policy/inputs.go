package policy

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// MaxName is the most characters a name may have, as in LogScale's operator.
const MaxName = 253

// Name returns the name as it is kept: without the spaces around it. The
// refusal speaks of the input called field.
func Name(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", fault.Input(field, "A name is needed: 1 to %d characters.", MaxName)
	}
	return line(field, "The name", name, MaxName)
}

// MaxNote is the most characters a note may have.
const MaxNote = 500

// Note returns the note of a token as it is kept: without the spaces around it, and perhaps empty,
// which is none. The refusal speaks of the input called field.
func Note(field, note string) (string, error) {
	return line(field, "The note", strings.TrimSpace(note), MaxNote)
}

// line refuses what is no line of text, or has more characters than most, or holds a secret. what
// is how the sentence calls it.
func line(field, what, text string, most int) (string, error) {
	switch {
	case !utf8.ValidString(text):
		return "", fault.Input(field, "%s is not valid UTF-8.", what)
	case utf8.RuneCountInString(text) > most:
		return "", fault.Input(field, "%s has %d characters; at most %d are possible.", what, utf8.RuneCountInString(text), most)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", fault.Input(field, "%s holds a control character, such as a line end or a tab. Leave it out.", what)
	}
	if err := withoutSecret(field, what, text); err != nil {
		return "", err
	}
	return text, nil
}

// withoutSecret refuses a text that holds a token string, or what may be the
// secret half of one. What is kept here is shown to many and written to the
// audit log. what is how the sentence calls the text.
func withoutSecret(field, what, text string) error {
	switch token.FindLeak(text) {
	case token.WholeLeak:
		return fault.Input(field, "%s holds a whole token string. Leave it out, and treat that string as leaked.", what)
	case token.HalfLeak:
		return fault.Input(field, "%s holds what may be the secret half of a token: 44 letters and digits. Leave it out, and if it is one treat that token as leaked.", what)
	}
	return nil
}

// MaxPage is the most results one page may hold.
const MaxPage = 1000

// Page checks the bounds of a page of a list.
func Page(skip, limit int) error {
	var errs []error
	if skip < 0 {
		errs = append(errs, fault.Input("skip", "skip is %d; it must be 0 or more.", skip))
	}
	if limit < 0 || limit > MaxPage {
		errs = append(errs, fault.Input("limit", "limit is %d; it must be between 0 and %d.", limit, MaxPage))
	}
	return fault.Inputs(errs...)
}

// FilterText parses the rules of an IP filter. The refusal speaks of the input
// called field: a sentence for each bad rule, on a line of its own.
func FilterText(field, text string) (*ipfilter.Rules, error) {
	if err := withoutSecret(field, "The text", text); err != nil {
		return nil, err
	}
	rules, err := ipfilter.Parse(text)
	if bad, ok := errors.AsType[*ipfilter.ParseError](err); ok {
		return nil, fault.Input(field, "%s.", strings.ReplaceAll(token.HideParts(bad.Error(), nil), "\n", ".\n"))
	}
	return rules, err
}

// FilterTrial reads the inputs of a trial of a filter.
func FilterTrial(text, address string) (*ipfilter.Rules, netip.Addr, error) {
	rules, badText := FilterText("ipFilter", text)
	addr, err := netip.ParseAddr(address)
	var badAddress error
	if err != nil {
		badAddress = fault.Input("address", "This is not an IPv4 or IPv6 address, such as 10.1.2.3 or 2001:db8::1.")
	}
	return rules, addr, fault.Inputs(badText, badAddress)
}

// Grace is the longest grace period of a rotation.
const Grace = 7 * 24 * time.Hour

// GracePeriod checks the grace period of a rotation, given in milliseconds.
func GracePeriod(field string, ms int64) (time.Duration, error) {
	if ms < 0 || ms > Grace.Milliseconds() {
		return 0, fault.Input(field, "A grace period has at most 7 days, which are %d ms, and is not negative; this has %d ms.", Grace.Milliseconds(), ms)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// A Unit is a unit of time in which an expiry is given, in milliseconds.
type Unit int64

// The units of an expiry. A day has 24 hours.
const (
	Minutes Unit = 60_000
	Hours        = 60 * Minutes
	Days         = 24 * Hours
)

// An Expiry is when a new token shall end: never, at a moment, or some time
// after its creation. At and In must not both be given.
type Expiry struct {
	At *epoch.Millis // nil if not given
	In *Span         // nil if not given
}

// A Span is a length of time as a person gives it.
type Span struct {
	Amount int64
	Unit   Unit
}

// from returns the moment that e means for a token made at now, or zero for
// never.
func (e Expiry) from(now epoch.Millis) (epoch.Millis, error) {
	now = max(now, 0) // by a clock before 1970 an expiry could come out as zero, which is never
	switch {
	case e.At != nil && e.In != nil:
		return 0, fault.Inputs(
			fault.Input("expireAt", "Give expireAt or expiresIn, not both."),
			fault.Input("expiresIn", "Give expireAt or expiresIn, not both."))
	case e.At != nil:
		return e.at(now)
	case e.In != nil:
		return e.In.from(now)
	}
	return 0, nil
}

func (e Expiry) at(now epoch.Millis) (epoch.Millis, error) {
	switch at := *e.At; {
	case at <= now:
		return 0, fault.Input("expireAt", "%s is not after now, %s. Times are milliseconds since 1970.", read(at), read(now))
	case at >= epoch.End:
		return 0, fault.Input("expireAt", "%s lies beyond the year 9999. Times are milliseconds since 1970.", read(at))
	default:
		return at, nil
	}
}

// read returns a moment as people read it, beside the number that was sent; alone if no date is
// that far away.
func read(m epoch.Millis) string {
	sent := strconv.FormatInt(int64(m), 10)
	if m == 0 || m <= -epoch.End || m >= epoch.End {
		return sent
	}
	return m.Time().Format("2006-01-02 15:04:05 UTC") + " (" + sent + ")"
}

func (s Span) from(now epoch.Millis) (epoch.Millis, error) {
	switch {
	case s.Unit != Minutes && s.Unit != Hours && s.Unit != Days:
		return 0, fault.Input("expiresIn", "The unit must be minutes, hours or days.")
	case s.Amount < 1:
		return 0, fault.Input("expiresIn", "The amount is %d; it must be at least 1.", s.Amount)
	case s.Amount > int64(epoch.End-now-1)/int64(s.Unit):
		return 0, fault.Input("expiresIn", "That lies beyond the year 9999.")
	}
	return now + epoch.Millis(s.Amount*int64(s.Unit)), nil
}

// field names the input that e was given in.
func (e Expiry) field() string {
	if e.In != nil {
		return "expiresIn"
	}
	return "expireAt"
}
