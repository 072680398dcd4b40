package cli

import (
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"tokenscale/app"
)

// heapShare is the part of what a container may use that is for Go's memory.
// The rest is for the kernel's: sockets, page tables, and the pages of the
// store that are just being read.
const heapShare = 0.8

// limitMemory has the collector work harder before there is more memory in
// use than the setting, GOMEMLIMIT, or the limit of the container allows. It
// returns the limit that holds, and who set it; 0 if nobody did.
func limitMemory(o app.Options, container func() (uint64, error)) (limit int64, by string) {
	if o.MemoryLimit > 0 {
		debug.SetMemoryLimit(int64(o.MemoryLimit))
		return int64(o.MemoryLimit), "--memory-limit"
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return debug.SetMemoryLimit(-1), "GOMEMLIMIT"
	}
	most, err := container()
	// There is no limit, or it cannot be read, which counts as none.
	if err != nil || most > math.MaxInt64/2 {
		return 0, ""
	}
	limit = int64(float64(most) * heapShare)
	debug.SetMemoryLimit(limit)
	return limit, "the container"
}

// containerMemory returns how much memory the control group may use.
func containerMemory() (uint64, error) { return memlimit.FromCgroup() }
