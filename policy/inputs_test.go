package policy

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

// The rows "Name", "Permissions", "Times" and "Order" of section 3 of the
// contract, and the texts of section 5.

func TestTokens_Name_TrimmedAndKept(t *testing.T) {
	longest := strings.Repeat("ü", MaxName)
	for in, want := range map[string]string{
		"a":                      "a",
		" \t\r\n a name \u00a0 ": "a name",
		longest:                  longest,
		"  " + longest + "  ":    longest,
		"日本 \U0001f511":          "日本 \U0001f511",
	} {
		if got, err := Name("name", in); got != want || err != nil {
			t.Errorf("Name(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestTokens_Name_Refused(t *testing.T) {
	tests := []struct{ name, in, word string }{
		{"empty", "", "1 to 253 characters"},
		{"spaces alone", " \t\n\u3000", "1 to 253 characters"},
		{"one character too long", strings.Repeat("ü", MaxName+1), "has 254 characters; at most 253"},
		{"a line end", "a\nb", "control character"},
		{"a tab", "a\tb", "control character"},
		{"a NUL", "a\x00", "control character"},
		{"DEL", "\x7f", "control character"},
		{"a C1 control", "a\u009bb", "control character"},
		{"an escape sequence", "\x1b[31mred", "control character"},
		{"no UTF-8", "a\xff", "UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Name("input.name", test.in)
			wantField(t, err, fault.Invalid, "input.name", test.word)
			if got != "" {
				t.Errorf("refused, but gives %q", got)
			}
			_, err = open.Admit(ann(), Draft{Name: test.in}, noon)
			wantField(t, err, fault.Invalid, "name", test.word)
		})
	}
}

func TestTokens_Note_TrimmedAndKept(t *testing.T) {
	twoBytes, fourBytes := strings.Repeat("ü", MaxNote), strings.Repeat("\U0001f511", MaxNote)
	for in, want := range map[string]string{
		"":                                   "",
		" \t\n\u3000":                        "",
		" for ci; call ops, +49 30 1234 ":    "for ci; call ops, +49 30 1234",
		"\t" + twoBytes + "\n":               twoBytes,
		fourBytes:                            fourBytes,
		strings.Repeat("e\u0301", MaxNote/2): strings.Repeat("e\u0301", MaxNote/2),
		strings.Repeat(" ", MaxNote) + "a \u00a0": "a",
	} {
		if got, err := Note("note", in); got != want || err != nil {
			t.Errorf("Note(%q) = %q, %v; want %q", in, got, err, want)
		}
		if v, err := open.Admit(ann(), Draft{Name: "a", Note: in}, noon); v.Note != want || err != nil {
			t.Errorf("made with %q: %q, %v; want %q", in, v.Note, err, want)
		}
	}
}

func TestTokens_Note_Refused(t *testing.T) {
	tests := []struct{ name, in, word string }{
		{"one character too long", strings.Repeat("ü", MaxNote+1), "The note has 501 characters; at most 500"},
		{"one too long of one byte", strings.Repeat("a", MaxNote+1), "The note has 501 characters; at most 500"},
		{"an accent too many", strings.Repeat("e\u0301", MaxNote/2) + "e", "The note has 501 characters; at most 500"},
		{"a line end", "for ci\ncall ops", "The note holds a control character"},
		{"a tab", "a\tb", "The note holds a control character"},
		{"a C1 control", "a\u009bb", "The note holds a control character"},
		{"no UTF-8", "a\xff", "The note is not valid UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Note("input.note", test.in)
			wantField(t, err, fault.Invalid, "input.note", test.word)
			if got != "" {
				t.Errorf("refused, but gives %q", got)
			}
			_, err = open.Admit(ann(), Draft{Name: "a", Note: test.in}, noon)
			wantField(t, err, fault.Invalid, "note", test.word)
			_, err = Annotate(RootActor(), living(noon), test.in, nil, noon)
			wantField(t, err, fault.Invalid, "note", test.word)
		})
	}
}

func TestTokens_Name_ATokenStringIsRefusedAndNotRepeated(t *testing.T) {
	_, s, err := token.Mint(rand.NewChaCha8([32]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"%s", "for ci: %s", "# %s, made by me", "token=%s;", "鍵%s鍵"} {
		text = strings.Replace(text, "%s", s.Reveal(), 1)
		_, badName := Name("name", text)
		wantField(t, badName, fault.Invalid, "name", "treat that string as leaked")
		_, badText := FilterText("ipFilter", "allow all # "+text)
		wantField(t, badText, fault.Invalid, "ipFilter", "treat that string as leaked")
		if got := badName.Error() + badText.Error(); strings.Contains(got, s.Reveal()[40:]) {
			t.Errorf("the refusal repeats the string: %s", got)
		}
	}
	if _, err := Name("name", s.Reveal()[:len(s.Reveal())-1]); err != nil {
		t.Errorf("a cut string proves nothing, so it is a name like any other: %v", err)
	}
}

func TestTokens_Permissions_AnEmptyListIsAllowed(t *testing.T) {
	if got := mustAdmit(t, open, Draft{Name: "x"}); got.Permissions != 0 {
		t.Errorf("permissions = %v, want none", got.Permissions.Names())
	}
}

func TestTokens_Permissions_DuplicatesCollapse(t *testing.T) {
	got := mustAdmit(t, open, Draft{Name: "x", Permissions: permission.Of(patch, patch)})
	if names := got.Permissions.Names(); !slices.Equal(names, []string{"PatchGlobal"}) {
		t.Errorf("permissions = %v, want PatchGlobal once", names)
	}
}

func TestTokens_Times_ExpireAtIsAfterNowAndBeforeTheYear10000(t *testing.T) {
	tests := []struct {
		name string
		at   epoch.Millis
		word string // in the refusal; empty if it is allowed
	}{
		{"the next millisecond", noon + 1, ""},
		{"now", noon, "is not after now"},
		{"a millisecond ago", noon - 1, "2023-11-14 22:13:19 UTC (1699999999999) is not after now, 2023-11-14 22:13:20 UTC"},
		{"zero is not never", 0, "is not after now"},
		{"before 1970", -1, "is not after now"},
		{"the least number", -1 << 63, "is not after now"},
		{"the last moment of the year 9999", epoch.End - 1, ""},
		{"the year 10000", epoch.End, "beyond the year 9999"},
		{"the greatest number", 1<<63 - 1, "beyond the year 9999"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := open.Admit(ann(), Draft{Name: "x", Expiry: until(test.at)}, noon)
			if test.word != "" {
				wantField(t, err, fault.Invalid, "expireAt", test.word, "milliseconds since 1970")
			} else if err != nil || got.ExpireAt != test.at {
				t.Errorf("Admit = %d, %v; want %d", got.ExpireAt, err, test.at)
			}
		})
	}
}

func TestTokens_Times_ExpiresInIsMinutesHoursOrDaysFromCreation(t *testing.T) {
	room := int64(epoch.End - 1 - noon)
	tests := []struct {
		name string
		in   Span
		want epoch.Millis // zero if it is refused
		word string
	}{
		{"a minute", Span{1, Minutes}, noon + 60_000, ""},
		{"two hours", Span{2, Hours}, noon + 7_200_000, ""},
		{"three days", Span{3, Days}, noon + 259_200_000, ""},
		{"the most minutes there are", Span{room / 60_000, Minutes}, noon + epoch.Millis(room/60_000*60_000), ""},
		{"a minute more", Span{room/60_000 + 1, Minutes}, 0, "beyond the year 9999"},
		{"the most days there are", Span{room / 86_400_000, Days}, noon + epoch.Millis(room/86_400_000*86_400_000), ""},
		{"a day more", Span{room/86_400_000 + 1, Days}, 0, "beyond the year 9999"},
		{"days that go over a 64-bit number", Span{1<<63 - 1, Days}, 0, "beyond the year 9999"},
		{"days that go over to a small number", Span{1 << 58, Days}, 0, "beyond the year 9999"},
		{"nothing", Span{0, Days}, 0, "at least 1"},
		{"less than nothing", Span{-1, Minutes}, 0, "amount is -1"},
		{"no unit", Span{1, 0}, 0, "unit must be minutes, hours or days"},
		{"another unit", Span{1, 1000}, 0, "unit must be minutes, hours or days"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := open.Admit(ann(), Draft{Name: "x", Expiry: Expiry{In: &test.in}}, noon)
			if test.word != "" {
				wantField(t, err, fault.Invalid, "expiresIn", test.word)
			} else if err != nil || got.ExpireAt != test.want {
				t.Errorf("Admit = %d, %v; want %d", got.ExpireAt, err, test.want)
			}
		})
	}
}

func TestTokens_Times_SpanEndsExactlyAtTheLastMoment(t *testing.T) {
	at := epoch.End - 1 - epoch.Millis(Minutes)
	got, err := open.Admit(ann(), Draft{Name: "x", Expiry: after(1, Minutes)}, at)
	if err != nil || got.ExpireAt != epoch.End-1 {
		t.Errorf("Admit = %d, %v; want the last moment of the year 9999", got.ExpireAt, err)
	}
	_, err = open.Admit(ann(), Draft{Name: "x", Expiry: after(1, Minutes)}, at+1)
	wantField(t, err, fault.Invalid, "expiresIn", "beyond the year 9999")
}

// wantFields fails the test unless err refuses just these inputs.
func wantFields(t *testing.T, err error, fields ...string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.Invalid || !slices.Equal(slices.Sorted(maps.Keys(f.State)), fields) {
		t.Errorf("got %v, want the inputs %v refused", err, fields)
	}
}

func TestTokens_Times_AMomentAndASpanAreNeverBothGiven(t *testing.T) {
	both := Expiry{At: new(noon + day), In: &Span{1, Days}}
	_, err := open.Admit(ann(), Draft{Name: "x", Expiry: both}, noon)
	wantFields(t, err, "expireAt", "expiresIn")
}

func TestTokens_AllThatIsWrongIsSaidAtOnce(t *testing.T) {
	_, err := open.Admit(ann(), Draft{Expiry: until(noon)}, noon)
	wantFields(t, err, "expireAt", "name")
}

func TestTokens_Order_LimitIs0To1000AndSkipIsNotNegative(t *testing.T) {
	for _, ok := range [][2]int{{0, 0}, {0, 50}, {0, 1000}, {1, 1}, {1<<63 - 1, 1000}} {
		if err := Page(ok[0], ok[1]); err != nil {
			t.Errorf("Page(%d, %d): %v", ok[0], ok[1], err)
		}
	}
	wantField(t, Page(-1, 50), fault.Invalid, "skip", "-1", "0 or more")
	wantField(t, Page(0, -1), fault.Invalid, "limit", "-1", "between 0 and 1000")
	wantField(t, Page(0, 1001), fault.Invalid, "limit", "1001", "between 0 and 1000")
	wantFields(t, Page(-1, 1001), "limit", "skip")
}

func TestGracePeriodIsFrom0To7Days(t *testing.T) {
	for _, ms := range []int64{0, 1, week} {
		if got, err := GracePeriod("gracePeriodMs", ms); err != nil || got != time.Duration(ms)*time.Millisecond {
			t.Errorf("GracePeriod(%d) = %v, %v", ms, got, err)
		}
	}
	for _, ms := range []int64{-1, week + 1, -1 << 63, 1<<63 - 1} {
		got, err := GracePeriod("gracePeriodMs", ms)
		if got != 0 {
			t.Errorf("GracePeriod(%d) is refused, but gives %v", ms, got)
		}
		wantField(t, err, fault.Invalid, "gracePeriodMs", "at most 7 days, which are 604800000 ms")
	}
}

func TestIPFilters_ATextThatDoesNotParseIsRefusedWithItsLineAndWords(t *testing.T) {
	rules, err := FilterText("ipFilter", "allow all\n\nalow 10.0.0.1\n")
	wantField(t, err, fault.Invalid, "ipFilter", "line 3", `"alow 10.0.0.1"`, "a rule begins with allow or deny.")
	if rules != nil {
		t.Errorf("refused, but gives %+v", rules)
	}
	_, err = FilterText("ipFilter", "10.0.0.1\n10.0.0.0/8, ::1\nallow all")
	wantField(t, err, fault.Invalid, "ipFilter", "line 1: \"10.0.0.1\": a rule begins with allow or deny; put allow before it.\nline 2: ", "on a line of its own.")
	if rules, err := FilterText("ipFilter", "allow all"); err != nil || !rules.Allows(home) {
		t.Errorf("FilterText = %+v, %v; want rules that let everybody in", rules, err)
	}
}

func TestIPFilters_ATrialReadsTheTextAndTheAddress(t *testing.T) {
	for _, address := range []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"} {
		rules, addr, err := FilterTrial("allow all", address)
		if err != nil || addr.String() != address || !rules.Allows(addr) {
			t.Errorf("FilterTrial(%q) = %+v, %s, %v", address, rules, addr, err)
		}
	}
	for _, address := range []string{"", "192.0.2", "192.0.2.0/24", " 192.0.2.1", "192.0.2.1:80", "example.com"} {
		_, _, err := FilterTrial("allow all", address)
		wantField(t, err, fault.Invalid, "address", "IPv4 or IPv6 address")
	}
	_, _, err := FilterTrial("alow", "192.0.2.1")
	wantField(t, err, fault.Invalid, "ipFilter", "line 1")
	_, _, err = FilterTrial("alow", "here")
	wantFields(t, err, "address", "ipFilter")
}
