package cli

import (
	"io"
	"os"
	"runtime/pprof"

	"tokenscale/app"
)

// tellStacks writes where all goroutines are whenever it is asked to. Go does
// so as well, but ends the process then.
func tellStacks(asked <-chan os.Signal, out io.Writer) (end func()) {
	const asPanicsDo = 2
	return app.Heed(asked, func() { _ = pprof.Lookup("goroutine").WriteTo(out, asPanicsDo) })
}
