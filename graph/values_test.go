package graph

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"tokenscale/token"
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

// crowdOf returns a request with many values, as small as they can be.
func crowdOf(value string, n int) string {
	return `{"query":"{say}","variables":{"a":[` + strings.Repeat(value+",", n) + `0]}}`
}

// The smallest values that take most memory: no request keeps more of it than
// what was taken of the budget for it.
func TestValues_TakeNoMoreMemoryThanIsTakenOfTheBudget(t *testing.T) {
	for _, value := range []string{`0`, `1.5e3`, `""`, `[]`, `{}`, `[[]]`, `{"":0}`, `{"a":{"":0}}`, `{"":{"":{"":{}}}}`} {
		body := []byte(crowdOf(value, 2000))
		before := inUse()
		p, bad := parse(body)
		if bad != nil {
			t.Fatalf("%s: %v", value, bad)
		}
		plainNumbers(p.Variables)
		kept, counted := inUse()-before, int64(whileRead*len(body)+perValue*values(body))
		if kept > counted {
			t.Errorf("%d bytes of %s keep %d, and %d are counted", len(body), value, kept, counted)
		}
		runtime.KeepAlive(p)
	}
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestTransport_RefusesMoreValuesThanARequestMayHold(t *testing.T) {
	for _, value := range []string{`0`, `{"":0}`, `[]`} {
		if status, _, said := send(t, crowdOf(value, maxValues)); status != 413 || !strings.Contains(said, "more than 10,000 values") {
			t.Errorf("%s: got %d %.200s", value, status, said)
		}
	}
	if status, _, said := send(t, crowdOf("0", maxValues-10)); status != 200 {
		t.Errorf("as many as a request may hold: got %d %.200s", status, said)
	}
}

// A short request may need fifty times its length.
func TestTransport_ValuesOfShortRequestsNeedRoomToo(t *testing.T) {
	b := newBudget(16 << 20)
	h := tinyWithin(t, b)
	ask := func(body string) int {
		status, _, _ := sendTo(t, h, body)
		return status
	}
	others := map[token.ID]int64{}
	for n := b.total / 2; n > 256<<10; n /= 2 {
		who := token.ID(fmt.Sprint("caller ", n))
		if others[who] = n; !b.take(who, n) {
			t.Fatalf("there is no room for %d bytes", n)
		}
	}
	if got := ask(crowdOf(`{"":0}`, 2000)); got != 503 {
		t.Errorf("six thousand values without room: got %d", got)
	}
	if got := ask(hello); got != 200 {
		t.Errorf("a usual request meanwhile: got %d", got)
	}
	for who, n := range others {
		b.give(who, n)
	}
	if got := ask(crowdOf(`{"":0}`, 2000)); got != 200 {
		t.Errorf("six thousand values with room: got %d", got)
	}
	if b.used != 0 || len(b.callers) != 0 {
		t.Errorf("%d bytes of %v are not given back", b.used, b.callers)
	}
}
