package budget

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestValues_AreCountedOutsideOfTextOnly(t *testing.T) {
	for text, want := range map[string]int{
		``:                     1,
		`{}`:                   2,
		`[1, 2, 3]`:            4,
		`{"a": {"b": [1, 2]}}`: 7,
		`{"a,b:[{": "c:::,,"}`: 3,
		`["\",[", "\\", "{"]`:  4,
		`{"a": "2001:db8::1"}`: 3,
	} {
		if got := values([]byte(text)); got != want {
			t.Errorf("%s has %d, want %d", text, got, want)
		}
	}
}

func TestLongBodiesTakeOfTheBudgetWhileTheyAreRead(t *testing.T) {
	b := New(0)
	b.total = 2 << 20
	m := b.Meter("a")
	short := m.Body(io.NopCloser(strings.NewReader(strings.Repeat(" ", unmetered))))
	if _, err := io.Copy(io.Discard, short); err != nil || b.used != 0 {
		t.Errorf("a short body takes %d bytes, %v", b.used, err)
	}
	long := m.Body(io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<20))))
	if n, err := io.Copy(io.Discard, long); !errors.Is(err, ErrNoRoom) || n > 1<<20/whileRead+32<<10 {
		t.Errorf("%d bytes are read, %v", n, err)
	}
	m.Settle(0)
	if b.used != 0 {
		t.Errorf("%d bytes are not given back", b.used)
	}
}
