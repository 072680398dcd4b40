package app

import (
	"context"
	"os"
	"sync"
)

// Heed calls do for each signal that comes, until the function it returns is
// called, which waits.
func Heed(signals <-chan os.Signal, do func()) (end func()) {
	over := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-signals:
				do()
			}
		}
	})
	return func() { close(over); loop.Wait() }
}

// heedReopen opens files anew when it is asked to, also while the server
// drains. What was asked during the start is done now.
func (a *App) heedReopen() {
	end := Heed(a.opts.Reopen, a.reopen)
	a.undoes("signals", func(context.Context) error { end(); return nil })
}

// reopen opens the audit file and reads the certificate and the key file anew.
func (a *App) reopen() {
	if a.lines != nil {
		a.lines.renew()
	}
	if a.cert != nil {
		a.cert.Renew()
	}
	if a.file != nil {
		a.file.Forget()
	}
	a.readKeys(context.Background())
	a.log.Info("the audit file, the certificate and the key file are opened anew")
}
