package cli

import (
	"errors"
	"math"
	"runtime/debug"
	"testing"

	"tokenscale/app"
)

func TestMemoryIsLimitedByTheSettingThenTheEnvironmentThenTheContainer(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	container := func() (uint64, error) { return 1 << 30, nil }
	for _, test := range []struct {
		name      string
		setting   app.Size
		variable  string
		container func() (uint64, error)
		limit     int64
		by        string
	}{
		{"the setting", 600 << 20, "1GiB", container, 600 << 20, "--memory-limit"},
		// Go has read it when it started.
		{"the environment", 0, "1GiB", container, math.MaxInt64, "GOMEMLIMIT"},
		{"the container", 0, "", container, 858993459, "the container"},
		{"a container without a limit", 0, "", func() (uint64, error) { return math.MaxUint64, nil }, 0, ""},
		{"no container", 0, "", func() (uint64, error) { return 0, errors.New("none") }, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			debug.SetMemoryLimit(math.MaxInt64)
			if test.variable != "" {
				t.Setenv("GOMEMLIMIT", test.variable)
			}
			limit, by := limitMemory(app.Options{MemoryLimit: test.setting}, test.container)
			if limit != test.limit || by != test.by {
				t.Errorf("got %d by %q, want %d by %q", limit, by, test.limit, test.by)
			}
			if now := debug.SetMemoryLimit(-1); limit != 0 && now != limit {
				t.Errorf("the limit of the runtime is %d", now)
			}
		})
	}
}
