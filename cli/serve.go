package cli

import (
	"context"
	"runtime/debug"

	"tokenscale/app"
	"tokenscale/platform"
)

// serve starts the server and waits for its end.
type serve struct{ app.Options }

// Run is called by kong.
func (s *serve) Run(ctx context.Context, base app.Options) error {
	o := s.Options
	o.Now, o.Version, o.Stdout, o.Stderr, o.Random = base.Now, base.Version, base.Stdout, base.Stderr, base.Random
	o.Reopen = base.Reopen
	platform.OutliveReaders()
	debug.SetGCPercent(o.GCPercent)
	o.Memory, o.MemoryBy = limitMemory(o, containerMemory)
	a, err := app.Start(ctx, o)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // reading the store leaves much behind that is not needed again
	return a.Wait(ctx)
}
