package dial

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A reason is told once, with the members that it holds of.
func TestTheSummaryNamesEachReasonOnce(t *testing.T) {
	for want, found := range map[string][]Verdict{
		"no member of etcd can be used; a and b: no answer; c: it is full":                {{Words: "no answer"}, {Words: "no answer"}, {Words: "it is full"}},
		"etcd has no quorum: most of its members are down or cut off; b and c: it is off": {{Reached: true}, {Words: "it is off"}, {Words: "it is off"}},
		"etcd did not answer in time, though its members do now":                          {{true, true, ""}, {true, true, ""}, {true, true, ""}},
	} {
		if got := Summary([]string{"a", "b", "c"}, found); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
