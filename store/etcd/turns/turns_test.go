package turns

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Who has committed lately stands in a ring by name, and the one behind the last is next.
func TestTurnsGoRoundByName(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	const took, ms = 4 * time.Millisecond, time.Millisecond
	tests := []struct {
		name  string
		node  string
		wrote []string // in turn, a millisecond apart
		after time.Duration
		wait  time.Duration
	}{
		{"nobody has written", "b", nil, 0, 0},
		{"one node alone never waits", "b", []string{"b", "b", "b"}, 0, 0},
		{"who has not written lately begins at once", "b", []string{"a", "c"}, 0, 0},
		{"the next in the ring begins at once", "b", []string{"c", "b", "a"}, 0, 0},
		{"the one behind it waits for a commit and some more", "c", []string{"c", "b", "a"}, 0, 10 * ms},
		{"who was last waits for all others", "a", []string{"c", "b", "a"}, 0, 20 * ms},
		{"waiting counts", "a", []string{"c", "b", "a"}, 15 * ms, 5 * ms},
		{"after a quarter of a second without a commit it is nobody's turn", "a", []string{"c", "b", "a"}, 260 * ms, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Ring{Node: test.node}
			r.Took(took)
			now := noon
			for _, node := range test.wrote {
				now = now.Add(ms)
				r.Saw(node, now)
			}
			if got := max(0, r.Wait(now.Add(test.after))); got != test.wait {
				t.Errorf("waits %v, want %v", got, test.wait)
			}
		})
	}
	off := Ring{Node: "a", Off: true, seen: map[string]time.Time{"a": noon, "b": noon}, last: "a", lastAt: noon, mean: took}
	if got := off.Wait(noon); got != 0 {
		t.Errorf("without turns it waits %v", got)
	}
}

// Who comes too late takes turns as well, and is not taken for the one who committed last.
func TestWhoCameTooLateStandsInTheRing(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	r := Ring{Node: "a"}
	r.Took(4 * time.Millisecond)
	r.Saw("a", noon)
	if got := r.Wait(noon); got != 0 {
		t.Errorf("alone it waits %v", got)
	}
	r.Late("b", noon.Add(time.Millisecond))
	if got, want := r.Wait(noon.Add(time.Millisecond)), 9*time.Millisecond; got != want {
		t.Errorf("beside one that came too late it waits %v, want %v", got, want)
	}
	r.Late("b", noon.Add(260*time.Millisecond))
	if got := r.Wait(noon.Add(260 * time.Millisecond)); got > 0 {
		t.Errorf("a quarter of a second after the last commit it waits %v", got)
	}
}
