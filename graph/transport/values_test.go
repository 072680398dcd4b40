package transport

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"tokenscale/graph/budget"
	"tokenscale/token"
)

// crowdOf returns a request with many values, as small as they can be.
func crowdOf(value string, n int) string {
	return `{"query":"{say}","variables":{"a":[` + strings.Repeat(value+",", n) + `0]}}`
}

// The smallest values that take most memory: no request keeps more of it than
// what was taken of the budget for it.
func TestValues_TakeNoMoreMemoryThanIsTakenOfTheBudget(t *testing.T) {
	for _, value := range []string{`0`, `1.5e3`, `""`, `[]`, `{}`, `[[]]`, `{"":0}`, `{"a":{"":0}}`, `{"":{"":{"":{}}}}`} {
		body := []byte(crowdOf(value, 1240)) // or none is counted, or some are refused
		before := inUse()
		p, bad := parse(body)
		if bad != nil {
			t.Fatalf("%s: %v", value, bad)
		}
		plainNumbers(p.Variables)
		kept, b := inUse()-before, budget.New(0)
		if err := b.Meter("a").TakeApart(body); err != nil {
			t.Fatal(err)
		}
		counted := b.Used()
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
		if status, _, said := send(t, crowdOf(value, budget.MaxValues)); status != 413 || !strings.Contains(said, "more than 10,000 values") {
			t.Errorf("%s: got %d %.200s", value, status, said)
		}
	}
	if status, _, said := send(t, crowdOf("0", budget.MaxValues-10)); status != 200 {
		t.Errorf("as many as a request may hold: got %d %.200s", status, said)
	}
}

// A short request may need fifty times its length.
func TestTransport_ValuesOfShortRequestsNeedRoomToo(t *testing.T) {
	b := budget.New(16 << 20)
	h := tinyWithin(t, b)
	ask := func(body string) int {
		status, _, _ := sendTo(t, h, body)
		return status
	}
	var others []*budget.Meter
	for n := int64(8 << 20); n > 256<<10; n /= 2 {
		m := b.Meter(token.ID(fmt.Sprint("caller ", n)))
		if others = append(others, m); !m.Hold(n) {
			t.Fatalf("there is no room for %d bytes", n)
		}
	}
	if got := ask(crowdOf(`{"":0}`, 2000)); got != 503 {
		t.Errorf("six thousand values without room: got %d", got)
	}
	if got := ask(hello); got != 200 {
		t.Errorf("a usual request meanwhile: got %d", got)
	}
	for _, m := range others {
		m.Settle(0)
	}
	if got := ask(crowdOf(`{"":0}`, 2000)); got != 200 {
		t.Errorf("six thousand values with room: got %d", got)
	}
	if b.Used() != 0 {
		t.Errorf("%d bytes are not given back", b.Used())
	}
}
