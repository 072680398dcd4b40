// Command tokenscale issues, lists, rotates, restricts, verifies and deletes
// system API tokens in the manner of Falcon LogScale, over GraphQL.
//
// Without a command it starts the server; --help tells the rest.
package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tokenscale/app"
	"tokenscale/cli"
)

// What was built, set by the linker: see the Makefile.
var number, build, revision string

func main() { os.Exit(run()) }

// run carries out the command line and returns the code to exit with.
func run() int {
	reopen, stacks := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(reopen, syscall.SIGHUP)
	signal.Notify(stacks, syscall.SIGQUIT)
	outlive()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first of these asks the server to stop. From then on they do what
	// they always do, so that the second one ends the process at once.
	context.AfterFunc(ctx, stop)
	return cli.Run(ctx, os.Args[1:], app.Options{
		Now:     time.Now,
		Random:  rand.Reader,
		Version: app.Version{Number: number, Build: build, Revision: revision},
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Reopen:  reopen,
		Stacks:  stacks,
	})
}
