package cli

import (
	"context"
	"errors"
	"runtime/debug"

	"tokenscale/app"
	"tokenscale/platform"
)

// serve starts the server and waits for its end.
type serve struct {
	app.Options
	Demo bool `help:"Serve a store of its own with tokens, filters and policies that look alive, to look around. It is thrown away when the server stops."`
}

// Run is called by kong.
func (s *serve) Run(ctx context.Context, base app.Options) (err error) {
	o := s.Options
	o.Now, o.Version, o.Stdout, o.Stderr, o.Random = base.Now, base.Version, base.Stdout, base.Stderr, base.Random
	o.Reopen = base.Reopen
	platform.OutliveReaders()
	debug.SetGCPercent(o.GCPercent)
	o.Memory, o.MemoryBy = limitMemory(o, containerMemory)
	if s.Demo {
		var remove func() error
		if o, remove, err = stage(ctx, o); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	a, err := app.Start(ctx, o)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // reading the store leaves much behind that is not needed again
	return a.Wait(ctx)
}
